"""The tabs of an account that show its records: dated facts with their history, holders, papers, numbers."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from meterbook.domain.agreements import models, queries, queries_facts, queries_numbers, queries_papers, rules
from meterbook.interfaces import clock
from meterbook.interfaces.web import page
from meterbook.interfaces.web.views import words
from meterbook.interfaces.web.views.act_terms import agreements as terms
from meterbook.kernel import quantity

KINDS: dict[str, str | Promise] = {
    "TARIFF": _("Tariff"),
    "USAGE_TYPE": _("Usage type"),
    "HOUSEHOLD": _("Household size"),
    "AREA": _("Heated area"),
    "CONCESSION": _("Concession"),
    "PART": _("Mixed use"),
}


@dataclass(frozen=True, slots=True)
class FactLine:
    """A dated fact as the page writes it."""

    kind: str | Promise
    utility: str
    text: str
    note: str
    from_on: datetime.date
    until_on: datetime.date | None
    is_present: bool
    is_expired: bool


@dataclass(frozen=True, slots=True)
class StateLine:
    """A step in the life of the account as the page writes it."""

    change_id: int
    text: str | Promise
    on: datetime.date
    reason: str
    is_undone: bool
    is_last: bool


def facts(head: queries.AccountHead, request: page.PageRequest) -> dict[str, Any]:
    """What held when: holders, states, and every dated fact, newest first."""
    today = clock.today()
    found = queries_facts.facts_of(account_id=head.account_id)
    may_undo = request.actor.may("accounts.suspend")
    return {
        "facts": [_fact(fact, today=today) for fact in found],
        "holders": queries_facts.holders_of(account_id=head.account_id),
        "states": _states(account_id=head.account_id),
        "undo_url": reverse("account_state_undo", args=[head.account_no]) if may_undo else "",
    }


def papers(head: queries.AccountHead, request: page.PageRequest) -> dict[str, Any]:
    """Contracts, usage certificates and the numbers others know the account by."""
    today = clock.today()
    numbers = queries_numbers.external_numbers(account_id=head.account_id)
    return {
        "contracts": queries_papers.contracts_of(account_id=head.account_id, today=today),
        "certificates": queries_papers.certificates_of(account_id=head.account_id),
        "numbers": [(number, terms.EXTERNAL_KINDS[number.kind]) for number in numbers],
        "may_end_numbers": request.actor.may("accounts.change"),
        "may_end_contracts": request.actor.may("contracts.edit"),
    }


def _fact(fact: queries_facts.Fact, *, today: datetime.date) -> FactLine:
    text, note = _WRITERS[fact.kind](fact.values)
    is_present = rules.is_in_force(from_on=fact.from_on, until_on=fact.until_on, day=today)
    expires_on = fact.values.get("expires_on")
    return FactLine(
        kind=KINDS[fact.kind],
        utility=words.utility_code(fact.utility),
        text=text,
        note=note,
        from_on=fact.from_on,
        until_on=fact.until_on,
        is_present=is_present,
        is_expired=is_present and expires_on is not None and expires_on < today,
    )


def _tariff(values: dict[str, Any]) -> str:
    is_chinese = (get_language() or "").startswith("zh")
    return str(values["tariff__name_zh" if is_chinese else "tariff__name_en"])


def _household(values: dict[str, Any]) -> tuple[str, str]:
    source = terms.HOUSEHOLD_SOURCES[values["source"]]
    return str(values["persons"]), _joined(str(source), values["proof"], _proved_until(values))


def _area(values: dict[str, Any]) -> tuple[str, str]:
    height = values["height_milli"]
    more = "" if height is None else f" · {quantity.format_milli(height)} m"
    text = f"{quantity.format_milli(values['area_milli'])} m²{more}"
    return text, f"{terms.AREA_KINDS[values['kind']]} {values['area_class']}".strip()


def _concession(values: dict[str, Any]) -> tuple[str, str]:
    return values["code"], _joined(values["proof"], _proved_until(values))


def _proved_until(values: dict[str, Any]) -> str:
    expires_on = values["expires_on"]
    return "" if expires_on is None else f"{_('To be proved again by')} {expires_on.isoformat()}"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _part(values: dict[str, Any]) -> tuple[str, str]:
    names = {rules.FIXED: "FIXED", rules.SHARE: "SHARE", rules.REST: "REST", rules.HIGHEST: "HIGHEST"}
    value = values["split_value"]
    how = str(terms.SPLITS[names[values["split"]]])
    if values["split"] == rules.FIXED:
        how += f" {quantity.format_milli(value)}"
    if values["split"] == rules.SHARE:
        # millionths of a whole are thousandths of ten per cent
        how += f" {quantity.format_milli(value // 10)} %"
    return f"{values['part_no']}. {_tariff(values)}", how


_WRITERS: dict[str, Any] = {
    "TARIFF": lambda values: (_tariff(values), ""),
    "USAGE_TYPE": lambda values: (values["usage_type__name"], ""),
    "HOUSEHOLD": _household,
    "AREA": _area,
    "CONCESSION": _concession,
    "PART": _part,
}


def _states(*, account_id: int) -> list[StateLine]:
    changes = list(models.AccountStateChange.objects.filter(account_id=account_id).order_by("-id"))
    undone = {change.undoes_id for change in changes}
    closed = models.AccountState.CLOSED
    return [
        StateLine(
            change_id=change.pk,
            text=words.ACCOUNT_STATES[models.AccountState(change.to_state)].text,
            on=change.effective_on,
            reason=change.reason,
            is_undone=change.pk in undone,
            is_last=place == 0
            and change.from_state is not None
            and change.undoes_id is None
            and change.to_state != closed,
        )
        for place, change in enumerate(changes)
    ]
