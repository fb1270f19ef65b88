"""A version of a tariff, put together from what the document says for all of them and for this one."""

import datetime as dt

from meterbook.kernel import money
from meterbook.rating import tariff
from meterbook.rating.reading import checks, nodes, price_sets, values
from meterbook.rating.reading import terms as version_terms


def read(node: nodes.Node, *, document: nodes.Record) -> tariff.TariffVersion:
    """One version of a document whose form has been checked; TariffError with its faults."""
    version = version_terms.merged(node.record(), document)
    effective_from, effective_until = _days(version)
    terms = version_terms.read(version)
    items = [item.record() for item in version["components"].items()]
    checks.check_codes(items)
    sets = price_sets.read(items, terms=terms, version=version)
    return tariff.TariffVersion(
        effective_from=effective_from,
        effective_until=effective_until,
        currency=document["currency"].value,
        exponent=_exponent(document["currency"]),
        unit=document["unit"].value,
        tier_period=terms.tier_period,
        default_persons=terms.default_persons,
        household=terms.household,
        components=sets[0].components,
        price_sets=sets,
        bound_scale=terms.bound_scale,
        month_count=terms.month_count,
        year_days=terms.year_days,
        change=terms.change,
        seasons=terms.seasons,
        season_change=terms.season_change,
        heating_season=terms.heating_season,
        conversion=terms.conversion,
        quantity_rounding=terms.quantity_rounding,
        bands=terms.bands,
        programmes=terms.programmes,
    )


def _days(version: nodes.Record) -> tuple[dt.date, dt.date | None]:
    from_ = values.day(version["effective_from"])
    until = values.ordered_days(version, from_="effective_from", until="effective_until")[1]
    return from_, until


def _exponent(currency: nodes.Node) -> int:
    try:
        return money.exponent_of(currency.value)
    except money.MoneyError as error:
        raise currency.fault(f"{currency.value} is not a known currency") from error
