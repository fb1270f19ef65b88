"""What a change of prices would mean: revenue before and after, who pays more, who less, and by how much.

Pure sums over the lines of the same usages rated twice. Money is in minor units of one currency, changes are
new less old; percentages are hundredths of a percent of the old amount, half up, null where that is zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from meterbook.kernel import frames, rounding
from meterbook.rating import difference, tariff
from meterbook.rating.charges import kinds

DECILES = 10
EXTREMES = 20
_HUNDREDTHS_OF_PERCENT = 10_000
USAGES = frames.FrameSchema(
    name="simulated usages",
    columns={"usage_id": pl.Int64(), "part_no": pl.Int16(), "account": pl.String(), "class": pl.String()},
    nullable=frozenset({"class"}),
)
PARTS = {
    "component": pl.String(),
    "tier": pl.Int16(),
    "band": pl.String(),
    "quantity_milli": pl.Int64(),
    "amount_minor": pl.Int64(),
}
_PART_KEYS = ["component", "tier", "band"]
_USAGE_KEYS = ["usage_id", "part_no"]


@dataclass(frozen=True)
class Side:
    """One rating of the usages: `totals` by usage and part, `parts` by component, tier and band."""

    totals: pl.DataFrame
    parts: pl.DataFrame


@dataclass(frozen=True)
class Counts:
    """Accounts that pay less, more, the same."""

    winners: int
    losers: int
    unchanged: int


@dataclass(frozen=True)
class Simulation:
    """The outcome. An account with rows of several classes counts once in each.

    `by_class`: class, accounts, usages, old_minor, new_minor, change_minor, change_hundredths, winners,
    losers, unchanged. `by_part`: component, tier, band, old_ and new_ of quantity_milli and minor, and the
    change. `deciles`: accounts in the order of their change (least first) in ten groups of equal size:
    decile, accounts, lowest_minor, highest_minor, mean_minor, old_minor, new_minor, change_minor,
    change_hundredths. `cases`: every account, who pays most more first: account, class, usages, old_minor,
    new_minor, change_minor, change_hundredths.
    """

    usages: int
    old_minor: int
    new_minor: int
    counts: Counts
    by_class: pl.DataFrame
    by_part: pl.DataFrame
    deciles: pl.DataFrame
    cases: pl.DataFrame

    @property
    def change_hundredths(self) -> int | None:
        """The change of the revenue in hundredths of a percent; None where there was none before."""
        return difference.hundredths(change=self.new_minor - self.old_minor, base=self.old_minor)

    def share_hundredths(self, count: int) -> int | None:
        """So many accounts in hundredths of a percent of all."""
        return difference.hundredths(change=count, base=self.cases.height)

    @property
    def worst(self) -> pl.DataFrame:
        """Those who would pay most more."""
        return self.cases.filter(pl.col("change_minor") > 0).head(EXTREMES)

    @property
    def best(self) -> pl.DataFrame:
        """Those who would pay most less."""
        return self.cases.filter(pl.col("change_minor") < 0).tail(EXTREMES).reverse()


def side(lines: pl.DataFrame, versions: Mapping[int, tariff.TariffVersion]) -> Side:
    """The sums of rated lines (columns.LINES). `versions` are those the lines name."""
    totals = lines.group_by(_USAGE_KEYS).agg(pl.col("amount_minor").sum())
    summed = lines.group_by("tariff_version_id", "component_no", "tier", "band").agg(
        pl.col("quantity_milli").sum(), pl.col("amount_minor").sum()
    )
    rows = []
    for row in summed.sort("tariff_version_id", "component_no", "tier", "band").iter_rows(named=True):
        version = versions[row["tariff_version_id"]]
        component = version.components[row["component_no"] - 1]
        band = _band(version, component, number=row["band"])
        rows.append((component.code, row["tier"], band, row["quantity_milli"], row["amount_minor"]))
    return Side(totals=totals, parts=_grouped(pl.DataFrame(rows, schema=PARTS, orient="row")))


def joined(sides: Iterable[Side]) -> Side:
    """The sums of several chunks of usages; no usage may be in two of them."""
    found = list(sides)
    return Side(
        totals=pl.concat([each.totals for each in found]),
        parts=_grouped(pl.concat([each.parts for each in found])),
    )


def compare(*, usages: pl.DataFrame, old: Side, new: Side) -> Simulation:
    """Set the two ratings of `usages` (USAGES) against each other. FrameError on wrong columns."""
    rows = USAGES.check(usages)
    both = (
        rows.join(old.totals.rename({"amount_minor": "old_minor"}), on=_USAGE_KEYS, how="left")
        .join(new.totals.rename({"amount_minor": "new_minor"}), on=_USAGE_KEYS, how="left")
        .with_columns(pl.col("old_minor").fill_null(0), pl.col("new_minor").fill_null(0))
    )
    cases = (
        both.group_by("account", "class")
        .agg(usages=pl.len(), old_minor=pl.col("old_minor").sum(), new_minor=pl.col("new_minor").sum())
        .with_columns(change_minor=pl.col("new_minor") - pl.col("old_minor"))
        .with_columns(change_hundredths=hundredths())
        # one order, whatever the order of the rows
        .sort("change_minor", "account", "class", descending=[True, False, False])
    )
    whole = _counted(cases).row(0, named=True)
    return Simulation(
        usages=rows.height,
        old_minor=whole["old_minor"],
        new_minor=whole["new_minor"],
        counts=Counts(winners=whole["winners"], losers=whole["losers"], unchanged=whole["unchanged"]),
        by_class=_by_class(cases),
        by_part=_by_part(old.parts, new.parts),
        deciles=_deciles(cases),
        cases=cases,
    )


def hundredths() -> pl.Expr:
    """change_minor in hundredths of a percent of old_minor, half up; null where that is zero."""
    base = pl.col("old_minor").cast(pl.Int128)
    found = rounding.ratio_expression(
        numerator=pl.col("change_minor").cast(pl.Int128) * _HUNDREDTHS_OF_PERCENT,
        denominator=pl.when(base == 0).then(1).otherwise(base.abs()).cast(pl.Int128),
        mode=pl.lit(rounding.Mode.HALF_UP),
    )
    return pl.when(base != 0).then(found.cast(pl.Int64))


def _band(version: tariff.TariffVersion, component: tariff.Component, *, number: int) -> str:
    """The code of a band, or the number of a table of switching tiers; empty where there is neither."""
    if component.charge.kind is kinds.ChargeKind.SWITCHING_TIERS:
        return str(number)
    return next((band.code for band in version.bands if band.band_no == number), "")


def _grouped(parts: pl.DataFrame) -> pl.DataFrame:
    return parts.group_by(_PART_KEYS, maintain_order=True).agg(
        pl.col("quantity_milli").sum(), pl.col("amount_minor").sum()
    )


def _counted(cases: pl.DataFrame, by: str | None = None) -> pl.DataFrame:
    """Sums of cases, in one row or in one for each value of `by`."""
    change = pl.col("change_minor")
    sums = (
        pl.len().alias("accounts"),
        pl.col("usages").sum(),
        _sum("old_minor"),
        _sum("new_minor"),
        _sum("change_minor"),
        (change < 0).sum().alias("winners"),
        (change > 0).sum().alias("losers"),
        (change == 0).sum().alias("unchanged"),
    )
    found = cases.select(sums) if by is None else cases.group_by(by).agg(sums)
    return found.with_columns(change_hundredths=hundredths())


def _sum(name: str) -> pl.Expr:
    """In 128 bits, so that a sum of many can't wrap around."""
    return pl.col(name).cast(pl.Int128).sum().cast(pl.Int64)


def _by_class(cases: pl.DataFrame) -> pl.DataFrame:
    return (
        _counted(cases, by="class")
        .sort("class", nulls_last=True)
        .select(
            *("class", "accounts", "usages", "old_minor", "new_minor", "change_minor", "change_hundredths"),
            *("winners", "losers", "unchanged"),
        )
    )


def _by_part(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Both sides by component, tier and band, in the order in which components first appear."""
    before = old.rename({"quantity_milli": "old_quantity_milli", "amount_minor": "old_minor"})
    after = new.rename({"quantity_milli": "new_quantity_milli", "amount_minor": "new_minor"})
    figures = ("old_quantity_milli", "new_quantity_milli", "old_minor", "new_minor")
    order = list(dict.fromkeys([*old["component"], *new["component"]]))
    return (
        before.join(after, on=_PART_KEYS, how="full", coalesce=True)
        .with_columns(pl.col(name).fill_null(0) for name in figures)
        .with_columns(change_minor=pl.col("new_minor") - pl.col("old_minor"))
        .with_columns(change_hundredths=hundredths())
        .sort(pl.col("component").replace_strict(order, list(range(len(order)))), "tier", "band")
        .select(*_PART_KEYS, *figures, "change_minor", "change_hundredths")
    )


def _deciles(cases: pl.DataFrame) -> pl.DataFrame:
    """Ten groups of equal size, as far as they go; the first saves most."""
    place = pl.len() - 1 - pl.int_range(pl.len(), dtype=pl.Int64)
    numbered = cases.with_columns(decile=(place * DECILES // pl.len() + 1).cast(pl.Int16))
    change = pl.col("change_minor")
    mean = rounding.ratio_expression(
        numerator=change.cast(pl.Int128),
        denominator=pl.col("accounts").cast(pl.Int128),
        mode=pl.lit(rounding.Mode.HALF_UP),
    )
    return (
        numbered.group_by("decile")
        .agg(
            accounts=pl.len(),
            lowest_minor=change.min(),
            highest_minor=change.max(),
            old_minor=_sum("old_minor"),
            new_minor=_sum("new_minor"),
            change_minor=_sum("change_minor"),
        )
        .with_columns(mean_minor=mean.cast(pl.Int64), change_hundredths=hundredths())
        .sort("decile")
        .select(
            *("decile", "accounts", "lowest_minor", "highest_minor", "mean_minor"),
            *("old_minor", "new_minor", "change_minor", "change_hundredths"),
        )
    )
