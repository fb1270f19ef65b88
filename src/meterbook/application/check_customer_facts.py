"""The dry run of what a customers' file may tell besides: papers, numbers, meters' dates, balances, counters.

Part of `check_customers`, which says what a row must have. All of it may be left out; half of it may not.
"""

import datetime
from collections.abc import Iterator

import polars as pl

from meterbook.application import row_errors, sheet_columns, write_supplies
from meterbook.application.row_errors import Fault
from meterbook.domain.agreements import bulk as agreements
from meterbook.domain.billing import rules_counters
from meterbook.domain.customers import rules_identity
from meterbook.domain.devices import bulk as devices
from meterbook.domain.tariffs import bulk as tariffs
from meterbook.kernel import identifiers, period

# What the rows of one account must say alike.
OF_HOLDER = (
    "customer_kind",
    "document_kind",
    "document_no",
    "contact_name",
    "second_phone",
    "language",
    "reader_remark",
    "invoice_title",
    "tax_no",
    *write_supplies.EXTERNAL_KINDS,
    "prepaid_milli",
)
# Numbers of papers: whoever reads a list of errors need not read them.
SECRET = ("document_no", "tax_no")
_KIND_AND_NUMBER = ["document_kind", "document_no"]
_DOCUMENTS = {
    "document_kind": pl.Int16,
    "document_no": pl.String,
    "document_number": pl.String,
    "document_key": pl.String,
    "document_fault": pl.String,
}
_TAX_NUMBERS = {"tax_no": pl.String, "tax_number": pl.String}
_TIER_SPAN = ("tier_period", "season_month", "season_day")


def completed(rows: pl.DataFrame, *, exponent: int, today: datetime.date) -> pl.DataFrame:
    """`rows` with what write_supplies.MORE wants and isn't a column of the file; null where it can't be.

    `exponent` is the currency's number of decimals, at most 3. A balance of zero is none.
    """
    factor = 10 ** (3 - exponent)
    money = [
        pl.when(pl.col(f"{name}_milli") > 0).then(pl.col(f"{name}_milli") // factor).alias(f"{name}_minor")
        for name in ("owed", "prepaid")
    ]
    usage_types = agreements.agreeable_usage_types()
    rows = (
        rows.with_columns(
            *money,
            is_too_fine=pl.any_horizontal(
                (pl.col(f"{name}_milli") % factor != 0).fill_null(value=False) for name in ("owed", "prepaid")
            ),
        )
        .join(usage_types, on="usage_type", how="left", maintain_order="left")
        .join(_documents(rows, today=today), on=_KIND_AND_NUMBER, how="left", maintain_order="left")
        .join(_tax_numbers(rows), on="tax_no", how="left", maintain_order="left")
    )
    return _with_counter(rows)


def written(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` as they are written: numbers of papers in the form they are kept."""
    return rows.with_columns(
        pl.col("document_number").alias("document_no"), pl.col("tax_number").alias("tax_no")
    )


def _documents(rows: pl.DataFrame, *, today: datetime.date) -> pl.DataFrame:
    """Every paper of the file once, checked."""
    checked: list[tuple[int, str, str | None, str | None, str | None]] = []
    for kind, number in rows.select(_KIND_AND_NUMBER).drop_nulls().unique().iter_rows():
        try:
            found = rules_identity.check_number(
                kind=rules_identity.DocumentKind(kind), number=number, today=today
            )
        except rules_identity.DocumentError as error:
            checked.append((kind, number, None, None, error.code.value))
        else:
            checked.append((kind, number, found.number, found.key, None))
    return pl.DataFrame(checked, schema=_DOCUMENTS, orient="row")


def _tax_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """Every tax number once, as it is kept; those that can't be right are left out."""
    told = rows["tax_no"].drop_nulls().unique()
    found = [(number, kept) for number in told if (kept := _tax_number(number)) is not None]
    return pl.DataFrame(found, schema=_TAX_NUMBERS, orient="row")


def _tax_number(text: str) -> str | None:
    """A credit code; sole traders and persons have their identity number instead."""
    try:
        return identifiers.parse_credit_code(text)
    except identifiers.IdentifierError:
        try:
            return identifiers.parse_resident_id(text).number
        except identifiers.IdentifierError:
            return None


def _with_counter(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds counted_since: the first day of the tier period `from_on` lies in, null where the tariff counts
    none whose beginning is known.
    """
    told = rows.filter(pl.col("counted_milli").is_not_null()).select("row", "tariff_id", "from_on")
    versions = tariffs.version_frame(tariff_ids=told["tariff_id"])
    dated = tariffs.with_version(
        told, versions=versions, tariff="tariff_id", day="from_on", name="version_id"
    )
    terms = tariffs.terms(versions=versions).select("version_id", *_TIER_SPAN)
    of_version = dated.join(terms, on="version_id").with_columns(
        (pl.col("from_on") - pl.duration(days=1)).alias("period_from"),
        pl.col("from_on").alias("period_until"),
    )
    started = rules_counters.with_start(of_version.filter(_accumulates()))
    since = started.select("row", pl.col("counter_from").alias("counted_since"))
    return rows.join(since, on="row", how="left", maintain_order="left")


def _accumulates() -> pl.Expr:
    return pl.col("tier_period") != period.TierPeriod.BILLING_PERIOD.value


def errors(rows: pl.DataFrame, *, today: datetime.date, oldest: datetime.date) -> Iterator[pl.DataFrame]:
    """What is wrong with completed rows (before `written`), whatever the tables hold."""
    yield from _half_told(rows)
    yield from _wrong_papers(rows)
    yield from _wrong_meters(rows, today=today, oldest=oldest)
    is_known = pl.col("usage_type_id").is_not_null()
    other = is_known & pl.col("usage_utility").is_not_null() & (pl.col("usage_utility") != pl.col("utility"))
    yield row_errors.where(
        rows,
        pl.col("usage_type").is_not_null() & ~is_known,
        column="usage_type",
        code=Fault.UNKNOWN_USAGE_TYPE,
    )
    yield row_errors.where(rows, other, column="usage_type", code=Fault.USAGE_TYPE_OTHER_UTILITY)
    yield row_errors.where(
        rows,
        pl.col("counted_milli").is_not_null()
        & pl.col("counted_since").is_null()
        & (pl.col("from_on") >= pl.col("tariff_starts_on")),
        column="counted_milli",
        code=Fault.COUNTS_NOTHING,
    )
    for column in ("owed_milli", "prepaid_milli"):
        yield row_errors.where(
            rows.filter(pl.col(column).is_not_null()),
            pl.col("is_too_fine"),
            column=column,
            code=Fault.TOO_FINE_FOR_CURRENCY,
        )
    yield row_errors.where(rows, pl.col("owed_due_on") < oldest, column="owed_due_on", code=Fault.TOO_OLD)


def _half_told(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Two columns that mean nothing without each other."""
    missing = sheet_columns.Fault.MISSING
    pairs = (
        ("document_kind", "document_no"),
        ("document_no", "document_kind"),
        ("invoice_title", "tax_no"),
        ("owed_due_on", "owed_minor"),
        ("owed_milli", "owed_due_on"),
    )
    for column, other in pairs:
        lacks = pl.col(column).is_null() & pl.col(other).is_not_null()
        yield row_errors.where(rows, lacks, column=column, code=missing)


def _wrong_papers(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    wrong = Fault.NUMBER_WRONG
    yield row_errors.where(
        rows,
        pl.col("document_fault").is_not_null(),
        column="document_no",
        code=wrong,
        fact=pl.col("document_fault"),
    )
    untaxed = pl.col("tax_no").is_not_null() & pl.col("tax_number").is_null()
    yield row_errors.where(rows, untaxed, column="tax_no", code=wrong)


def _wrong_meters(
    rows: pl.DataFrame, *, today: datetime.date, oldest: datetime.date
) -> Iterator[pl.DataFrame]:
    for column in ("manufactured_on", "verified_on"):
        day = pl.col(column)
        yield row_errors.where(rows, day > today, column=column, code=Fault.IN_FUTURE)
        yield row_errors.where(rows, day < oldest, column=column, code=Fault.TOO_OLD)
    late = (pl.col("manufactured_on") > pl.col("installed_on")) & (pl.col("manufactured_on") <= today)
    yield row_errors.where(rows, late, column="manufactured_on", code=Fault.AFTER_INSTALLATION)
    of_model = list(devices.MODELS)
    told = rows.filter(pl.col("nominal_diameter").is_not_null(), pl.col("utility").is_not_null())
    known = devices.standing_models().rename({"nominal_diameter": "known_diameter"})
    first = told.join(known, on=of_model, how="left", maintain_order="left").with_columns(
        expected=pl.coalesce("known_diameter", pl.col("nominal_diameter").first().over(of_model))
    )
    yield row_errors.where(
        first,
        pl.col("nominal_diameter") != pl.col("expected"),
        column="nominal_diameter",
        code=Fault.CALIBRE_DIFFERS,
        fact=pl.col("expected"),
    )


def double_errors(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Numbers that may stand once in a file, or with one account."""
    for column in ("barcode", "seal_no"):
        yield row_errors.repeated(rows, column=column, key=[column])
    for column in write_supplies.EXTERNAL_KINDS:
        yield row_errors.repeated(rows, column=column, key=[column], per="account_key")


def known_errors(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Numbers of rows that are new to the tables, which something else there has."""
    exists, taken = pl.lit(value=True), Fault.NUMBER_TAKEN
    barcodes = devices.known_barcodes(barcodes=_told(rows, "barcode"))
    yield row_errors.where(row_errors.those(rows, barcodes), exists, column="barcode", code=taken)
    seals = devices.known_seals(seal_nos=_told(rows, "seal_no"))
    yield row_errors.where(row_errors.those(rows, seals), exists, column="seal_no", code=taken)
    for column, kind in write_supplies.EXTERNAL_KINDS.items():
        found = agreements.known_external_numbers(numbers=_told(rows, column))
        same = found.filter(pl.col("external_kind") == kind.value).select(pl.col("external_no").alias(column))
        yield row_errors.where(row_errors.those(rows, same), exists, column=column, code=taken)


def masked(errors_: pl.DataFrame) -> pl.DataFrame:
    """Errors without the numbers of papers: only their ends are to be read."""
    is_secret = pl.col("column").is_in(SECRET)
    hidden = {
        value: identifiers.masked(value) for value in errors_.filter(is_secret)["value"].unique() if value
    }
    if not hidden:
        return errors_
    return errors_.with_columns(
        pl.when(is_secret).then(pl.col("value").replace(hidden)).otherwise(pl.col("value")).alias("value")
    )


def _told(rows: pl.DataFrame, column: str) -> list[str]:
    return rows[column].drop_nulls().unique().to_list()
