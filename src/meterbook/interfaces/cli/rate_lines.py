"""Rated lines as people and programs read them: which row of the file, which component, decimal text."""

from dataclasses import dataclass

import polars as pl

from meterbook.interfaces.cli import number_text, rate_explain, tariff_choice
from meterbook.interfaces.cli.tongue import Tongue
from meterbook.rating import explain
from meterbook.rating.charges import kinds

_MILLI, _MICRO, _PPM = 3, 6, 6
# What a row of the file keeps beside its lines.
_OF_ROW = ("row", "account", "tariff", "class", "period_from", "period_until")
_OF_LINE = (
    "component",
    "name",
    "tier",
    "band",
    "tier_from",
    "tier_until",
    "quantity",
    "price",
    "factor",
    "time",
    "amount",
    "tax",
    "line_from",
    "line_until",
    "days",
    "price_from",
)
EXPLANATION = "explanation"


@dataclass(frozen=True)
class Rated:
    """Everything text but `row`, `tier`, `days` and dates.

    `rows`: one for each row of the file with total, tax, currency. `lines`: one for each line, with the row
    it belongs to. Both in the order of the file. `totals`: amount_minor and tax_minor by currency.
    """

    rows: pl.DataFrame
    lines: pl.DataFrame
    totals: pl.DataFrame


def rated(
    *,
    usages: pl.DataFrame,
    lines: pl.DataFrame,
    tariffs: tariff_choice.Tariffs,
    tongue: Tongue,
    is_explained: bool,
) -> Rated:
    """Lines of the engine with their rows; `is_explained` adds the sentence a customer reads."""
    rows = _rows(usages)
    named = _with_row(lines, rows).join(
        _components(tariffs, tongue=tongue), on=["tariff_version_id", "component_no"], how="left"
    )
    named = named.join(_bands(tariffs, tongue=tongue), on=["tariff_version_id", "band"], how="left")
    is_table = pl.col("kind") == kinds.ChargeKind.SWITCHING_TIERS
    named = named.with_columns(
        # a line of added tax is tax altogether; the engine keeps only what is inside a price
        tax_minor=pl.when("is_tax").then("amount_minor").otherwise("tax_minor"),
        # the tables of switching tiers are numbered where other kinds have bands
        band_name=pl.when(is_table).then(pl.col("band").cast(pl.String)).otherwise("band_name"),
    )
    exponents = sorted({entry.version.exponent for entry in tariffs.entries})
    shown = _shown(named, exponents)
    if is_explained:
        sentences = list(rate_explain.sentences(named, tariffs=tariffs, tongue=tongue))
        shown = shown.with_columns(pl.Series(EXPLANATION, sentences, dtype=pl.String()))
    return Rated(rows=_totals(rows, named, tariffs, exponents), lines=shown, totals=_sums(named))


def _rows(usages: pl.DataFrame) -> pl.DataFrame:
    part = pl.col("part_no").fill_null(1) if "part_no" in usages.columns else pl.lit(1, dtype=pl.Int16)
    names = [name for name in _OF_ROW if name in usages.columns]
    used = "tier_used_milli"
    has_used = pl.col(used).is_not_null() if used in usages.columns else pl.lit(value=False)
    return usages.select(*names, "usage_id", "tariff_version_id", part_no=part, has_tier_used=has_used).sort(
        "row"
    )


def _with_row(lines: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Each line with what its row says, in the order of rows."""
    dates = {"period_from": "line_from", "period_until": "line_until"}
    kept = rows.drop("tariff_version_id", "period_from", "period_until")
    joined = lines.rename(dates).join(kept, on=["usage_id", "part_no"], how="inner")
    return joined.sort("row", "line_no")


def _components(tariffs: tariff_choice.Tariffs, *, tongue: Tongue) -> pl.DataFrame:
    rows = [
        (
            number,
            component.component_no,
            component.code,
            tongue.name(component.name),
            int(component.charge.kind),
            component.revenue == explain.TAX_REVENUE,
            entry.version.currency,
            entry.version.exponent,
            entry.version.unit,
            entry.version.effective_from,
        )
        for number, entry in enumerate(tariffs.entries, start=1)
        for component in entry.version.components
    ]
    schema = {
        "tariff_version_id": pl.Int32(),
        "component_no": pl.Int16(),
        "component": pl.String(),
        "name": pl.String(),
        "kind": pl.Int8(),
        "is_tax": pl.Boolean(),
        "currency": pl.String(),
        "exponent": pl.Int8(),
        "unit": pl.String(),
        "price_from": pl.Date(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _bands(tariffs: tariff_choice.Tariffs, *, tongue: Tongue) -> pl.DataFrame:
    rows = [
        (number, band.band_no, tongue.name(band.name))
        for number, entry in enumerate(tariffs.entries, start=1)
        for band in entry.version.bands
    ]
    schema = {"tariff_version_id": pl.Int32(), "band": pl.Int16(), "band_name": pl.String()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _shown(named: pl.DataFrame, exponents: list[int]) -> pl.DataFrame:
    """Decimal text in natural units."""

    def milli(name: str) -> pl.Expr:
        return number_text.decimal_text(pl.col(name), decimals=_MILLI, trim_to=0)

    def money(name: str) -> pl.Expr:
        return number_text.money_text(pl.col(name), exponent=pl.col("exponent"), exponents=exponents)

    prices = [
        pl.when(pl.col("exponent") == decimals).then(
            number_text.decimal_text(pl.col("unit_price_micro"), decimals=_MICRO, trim_to=decimals)
        )
        for decimals in exponents
    ]
    numerator, denominator = pl.col("time_numerator"), pl.col("time_denominator")
    over = pl.when(denominator == 1).then(pl.lit("")).otherwise("/" + denominator.cast(pl.String))
    kept = [name for name in _OF_ROW if name in named.columns]
    return named.select(
        *kept,
        "component",
        "name",
        pl.when(pl.col("tier") > 0).then("tier").alias("tier"),
        pl.col("band_name").alias("band"),
        milli("tier_from_milli").alias("tier_from"),
        milli("tier_until_milli").alias("tier_until"),
        milli("quantity_milli").alias("quantity"),
        pl.coalesce(prices).alias("price"),
        number_text.decimal_text(pl.col("factor_ppm").cast(pl.Int64), decimals=_PPM, trim_to=0).alias(
            "factor"
        ),
        (numerator.cast(pl.String) + over).alias("time"),
        money("amount_minor").alias("amount"),
        money("tax_minor").alias("tax"),
        "currency",
        "line_from",
        "line_until",
        "days",
        "price_from",
    )


def _totals(
    rows: pl.DataFrame, named: pl.DataFrame, tariffs: tariff_choice.Tariffs, exponents: list[int]
) -> pl.DataFrame:
    """The rows with what their lines come to; nothing for a part that another one replaced."""
    sums = named.group_by("row").agg(
        pl.col("amount_minor").sum(), pl.col("tax_minor").sum(), line_count=pl.len()
    )
    currencies = [
        (number, entry.version.currency, entry.version.exponent)
        for number, entry in enumerate(tariffs.entries, start=1)
    ]
    schema = {"tariff_version_id": pl.Int32(), "currency": pl.String(), "exponent": pl.Int8()}
    joined = rows.join(sums, on="row", how="left", maintain_order="left").join(
        pl.DataFrame(currencies, schema=schema, orient="row"),
        on="tariff_version_id",
        how="left",
        maintain_order="left",
    )
    filled = joined.with_columns(
        pl.col("amount_minor").fill_null(0),
        pl.col("tax_minor").fill_null(0),
        pl.col("line_count").fill_null(0),
    )
    return filled.select(
        *(name for name in _OF_ROW if name in rows.columns),
        "currency",
        "line_count",
        total=number_text.money_text(
            pl.col("amount_minor"), exponent=pl.col("exponent"), exponents=exponents
        ),
        tax=number_text.money_text(pl.col("tax_minor"), exponent=pl.col("exponent"), exponents=exponents),
    )


def _sums(named: pl.DataFrame) -> pl.DataFrame:
    return (
        named.group_by("currency", "exponent", maintain_order=True)
        .agg(
            pl.col("amount_minor").cast(pl.Int128).sum().cast(pl.Int64),
            pl.col("tax_minor").cast(pl.Int128).sum().cast(pl.Int64),
        )
        .sort("currency")
    )
