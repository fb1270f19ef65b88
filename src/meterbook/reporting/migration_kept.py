"""A comparison with an older system as it is kept: small figures for a page, the rest packed for a workbook.

Pure. What `packed` makes, `shown` and `whole` read; the tables don't look inside.
"""

import dataclasses
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from meterbook.domain.imports import rules
from meterbook.reporting import migration_audit

# The first differences go with the figures; nobody reads more of them on a page.
SHOWN_DIFFERENCES = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page needs of a comparison. `left_out` rows of the file could not be compared.

    `differences` are the first of `difference_count`.
    """

    left_out: int
    totals: tuple[migration_audit.Total, ...]
    whole: migration_audit.Total
    differences: tuple[migration_audit.Found, ...]
    difference_count: int

    @property
    def agrees(self) -> bool:
        """Whether both sides are the same."""
        return not self.difference_count and all(total.old == total.ours for total in self.totals)


def packed(*, audit: migration_audit.Audit, left_out: int) -> rules.Comparison:
    """A comparison ready to be kept."""
    differences = [_row(found) for found in audit.differences]
    accounts = io.BytesIO()
    audit.accounts.write_parquet(accounts)
    return rules.Comparison(
        figures={
            "left_out": left_out,
            "totals": [dataclasses.asdict(total) for total in audit.totals],
            "whole": dataclasses.asdict(audit.whole),
            "first": differences[:SHOWN_DIFFERENCES],
            "differences": len(differences),
        },
        differences=zlib.compress(json.dumps(differences).encode()),
        accounts=accounts.getvalue(),
    )


def shown(*, figures: Mapping[str, Any]) -> Shown:
    """The figures of a kept comparison."""
    return Shown(
        left_out=figures["left_out"],
        totals=tuple(map(_total, figures["totals"])),
        whole=_total(figures["whole"]),
        differences=_found(figures["first"]),
        difference_count=figures["differences"],
    )


def whole(*, kept: rules.Comparison) -> migration_audit.Audit:
    """All of a kept comparison, as it was worked out."""
    figures = shown(figures=kept.figures)
    return migration_audit.Audit(
        totals=figures.totals,
        differences=_found(json.loads(zlib.decompress(kept.differences))),
        whole=figures.whole,
        accounts=pl.read_parquet(io.BytesIO(kept.accounts)),
    )


def _row(found: migration_audit.Found) -> list[int | str | None]:
    return [
        found.kind.value,
        found.row,
        found.station,
        found.account_no,
        found.serial_no,
        found.old,
        found.ours,
    ]


def _found(rows: Sequence[Sequence[Any]]) -> tuple[migration_audit.Found, ...]:
    return tuple(migration_audit.Found(migration_audit.Difference(kind), *rest) for kind, *rest in rows)


def _total(kept: Mapping[str, Any]) -> migration_audit.Total:
    sides = {side: _figures(kept[side]) for side in ("old", "ours")}
    return migration_audit.Total(station=kept["station"], utility=kept["utility"], **sides)


def _figures(kept: Mapping[str, Any]) -> migration_audit.Figures:
    return migration_audit.Figures(**{**kept, "ages": tuple(kept["ages"])})
