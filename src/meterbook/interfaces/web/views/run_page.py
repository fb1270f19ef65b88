"""What the page of one bill run shows, gathered and put into words."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from meterbook.domain import tables
from meterbook.domain.tariffs import queries as tariffs
from meterbook.interfaces.web.views import bill_words, words
from meterbook.reporting import bill_runs, run_summary


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A parked usage with its reason and remedy in words."""

    row: run_summary.ParkedRow
    reason: str | Promise
    remedy: str | Promise
    may_release: bool
    utility: str


@dataclass(frozen=True, slots=True)
class Sum:
    """One line of a breakdown."""

    label: str | Promise
    detail: str | Promise
    bills: int
    quantity_milli: int
    unit: str | Promise
    amount_minor: int
    utility: str = ""


def facts(*, row: bill_runs.RoundRow, language: str) -> dict[str, Any]:
    """Everything of the page that does not depend on the person."""
    before = bill_runs.round_before(round_id=row.pk)
    shown: dict[str, Any] = {
        "row": row,
        "stage": bill_words.STAGES[row.stage],
        "before": before if before is not None and before.amount_minor is not None else None,
    }
    if row.run_id is None:
        return shown
    summary = (
        run_summary.of_issued(round_id=row.pk, run_id=row.run_id)
        if row.stage is bill_runs.Stage.ISSUED
        else run_summary.of_preview(round_id=row.pk)
    )
    parked = [_parked(one) for one in run_summary.parked(run_id=row.run_id)]
    total_minor = sum(group.amount_minor for group in summary.by_class)
    return shown | {
        "is_stale": total_minor != row.amount_minor,
        "parked": [line for line in parked if line.row.bill_id is None],
        "billed_later": [line for line in parked if line.row.bill_id is not None],
        "classes": [
            Sum(words.CUSTOMER_CLASSES[group.key], "", group.bills, 0, "", group.amount_minor)
            for group in summary.by_class
        ],
        "tariffs": _tariff_sums(summary, language=language),
        "tiers": _tier_sums(summary, language=language),
        "largest": [(bill, words.utility_code(bill.utility)) for bill in summary.largest],
    }


def _tariff_sums(summary: run_summary.RunSummary, *, language: str) -> list[Sum]:
    entries = tariffs.entries_of_versions(version_ids=[group.key for group in summary.by_version])
    return [
        Sum(
            label=entry.name(language),
            detail=f"{version_from:%Y-%m-%d}",
            bills=group.bills,
            quantity_milli=group.quantity_milli,
            unit=words.UNITS.get(entry.unit, entry.unit),
            amount_minor=group.amount_minor,
            utility=tables.Utility(entry.utility).name,
        )
        for group in summary.by_version
        for entry, version_from in [entries[group.key]]
    ]


def _tier_sums(summary: run_summary.RunSummary, *, language: str) -> list[Sum]:
    entries = tariffs.entries_of_versions(version_ids=[group.version_id for group in summary.by_tier])
    return [
        Sum(
            label=group.component.zh if language.startswith("zh") else group.component.en,
            detail=str(group.tier) if group.tier else "",
            bills=group.bills,
            quantity_milli=group.quantity_milli,
            unit=words.UNITS.get(entry.unit, entry.unit),
            amount_minor=group.amount_minor,
            utility=tables.Utility(entry.utility).name,
        )
        for group in summary.by_tier
        for entry, _from in [entries[group.version_id]]
    ]


def _parked(row: run_summary.ParkedRow) -> ParkedLine:
    reason, remedy = bill_words.parked(row.code)
    return ParkedLine(
        row=row,
        reason=reason,
        remedy=remedy,
        may_release=row.code in bill_words.RELEASABLE and not row.release_reason,
        utility=words.utility_code(row.utility) if row.utility else "",
    )
