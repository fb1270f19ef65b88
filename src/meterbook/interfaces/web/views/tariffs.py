"""Tariffs: the catalogue and the price sheet of one."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from meterbook.application import actor as actors
from meterbook.domain.tariffs import queries
from meterbook.interfaces import clock
from meterbook.interfaces.cli import tariff_sheet, tongue
from meterbook.interfaces.web import cells, lists, page
from meterbook.interfaces.web.views import words

GRADES: dict[str, str | Promise] = {
    "A": _("Authority or utility"),
    "B": _("Notice or newspaper"),
    "C": _("Collection"),
    "K": _("Own knowledge"),
}
CLASSES: dict[str, str | Promise] = {
    "RESIDENTIAL": _("Residential"),
    "NON_RESIDENTIAL": _("Non-residential"),
    "SPECIAL_USE": _("Special use"),
}


class TariffFilters(forms.Form):
    """Filters of the list, in its address."""

    utility = forms.ChoiceField(label=_("Utility"), required=False, choices=words.choices(words.UTILITIES))
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), required=False, max_length=60)


class TariffSource:
    """The catalogue is small: read whole, filtered and sorted here."""

    def __init__(self, actor: actors.Actor) -> None:
        self.actor = actor
        self.entries = queries.catalogue_on(day=clock.today())

    def count(self, *, filters: Mapping[str, Any]) -> int:
        """How many tariffs fit."""
        return len(self._fitting(filters))

    def rows(
        self, *, filters: Mapping[str, Any], sort: lists.Sort, offset: int, limit: int
    ) -> Sequence[queries.StandingEntry]:
        """One page."""
        found = sorted(self._fitting(filters), key=lambda row: row.entry.code)
        if sort.key == "name":
            found.sort(key=lambda row: row.entry.name(_language()), reverse=sort.is_descending)
        elif sort.key == "utility":
            found.sort(key=lambda row: row.entry.utility, reverse=sort.is_descending)
        return found[offset : offset + limit]

    def totals(self, *, filters: Mapping[str, Any]) -> Mapping[str, int]:
        """Nothing to sum."""
        del filters
        return {}

    def _fitting(self, filters: Mapping[str, Any]) -> list[queries.StandingEntry]:
        utility, name = filters.get("utility"), filters.get("name", "").casefold()
        return [
            row
            for row in self.entries
            if (not utility or row.entry.utility == int(utility))
            and any(
                name in text.casefold() for text in (row.entry.name_zh, row.entry.name_en, row.entry.code)
            )
        ]


def _language() -> str:
    return get_language() or "en"


LISTING = lists.Listing(
    name="tariffs",
    title=_("Tariffs"),
    columns=(
        lists.Column(
            key="name",
            label=pgettext_lazy("of a thing", "Name"),
            value=lambda row: row.entry.name(_language()),
            is_sortable=True,
        ),
        lists.Column(
            key="utility",
            label=_("Utility"),
            kind=cells.Kind.UTILITY,
            value=lambda row: words.utility_code(row.entry.utility),
            is_sortable=True,
        ),
        lists.Column(
            key="customer_class",
            label=_("Class"),
            value=lambda row: CLASSES.get(row.entry.customer_class, row.entry.customer_class.capitalize()),
        ),
        lists.Column(key="effective_from", label=_("In force since"), kind=cells.Kind.DAY),
        lists.Column(key="revision", label=_("Revision"), kind=cells.Kind.NUMBER),
        lists.Column(key="code", label=_("Code"), value=lambda row: row.entry.code),
    ),
    source=TariffSource,
    default_sort=lists.Sort(key="utility"),
    filters=TariffFilters,
    row_url=lambda row: reverse("tariff", args=[row.entry.code]),
    row_key=lambda row: row.entry.code,
    empty_text=_("Load tariff files with: meterbook tariff load"),
)


@page.page(right="tariffs.view")
def listing(request: page.PageRequest) -> HttpResponseBase:
    """All tariffs."""
    return lists.respond(request, listing=LISTING)


@page.page(right="tariffs.view")
def price_sheet(request: page.PageRequest, code: str) -> HttpResponseBase:
    """One tariff: what it charges now, and every version before and after."""
    try:
        entry = queries.tariff_by_code(code=code)
    except queries.TariffUnknownError as error:
        raise Http404 from error
    language = _language()
    today = clock.today()
    standing = queries.version_in_force(tariff_id=entry.tariff_id, day=today)
    history = queries.version_history(tariff_id=entry.tariff_id)
    facts = {
        "entry": entry,
        "name": entry.name(language),
        "utility": words.utility_code(entry.utility),
        "unit": words.UNITS.get(entry.unit, entry.unit),
        "customer_class": CLASSES.get(entry.customer_class, entry.customer_class.capitalize()),
        "versions": [_sheet(one, language=language, standing=standing, today=today) for one in history],
        "neighbours": lists.neighbours(request, listing=LISTING, key=entry.code, list_url=reverse("tariffs")),
    }
    return TemplateResponse(request, "tariffs/tariff.html", facts)


def _sheet(
    stored: queries.VersionEntry, *, language: str, standing: int | None, today: datetime.date
) -> dict[str, Any]:
    version = stored.version
    spoken = tongue.Tongue(tongue.Language.ZH if language.startswith("zh") else tongue.Language.EN)
    rows = list(tariff_sheet.rows(version, tongue=spoken))
    return {
        "stored": stored,
        "is_standing": stored.version_id == standing,
        "is_future": version.effective_from > today,
        "version": version,
        "grade": GRADES.get(stored.grade, stored.grade),
        "rules": list(tariff_sheet.rule_rows(version, tongue=spoken)),
        "rows": _grouped(rows),
        "has_cases": any(row.case for row in rows),
        "has_tiers": any(row.tier for row in rows),
        "has_bounds": any(row.from_ or row.until for row in rows),
    }


def _grouped(rows: Sequence[tariff_sheet.Row]) -> list[tuple[tariff_sheet.Row, bool]]:
    """Each row with whether it is the first of its charge."""
    names = [None, *(row.component for row in rows)]
    return [(row, row.component != before) for row, before in zip(rows, names, strict=False)]
