"""A rated line as the sentence a customer reads, to be recomputed with a pencil.

Pure, in Chinese and English (`explain_words`): a bill is printed in the customer's language, whatever the
clerk's screen shows. The numbers after the colon, multiplied, give the amount; where rounding changed it the
exact product stands before it, with the rule's name.
"""

import datetime as dt
from collections.abc import Sequence

from meterbook.kernel import period
from meterbook.rating import explain_heads, explain_lines, explain_products, explain_words, tariff
from meterbook.rating.charges import derived

ENGLISH = explain_words.ENGLISH
CHINESE = explain_words.CHINESE
Line = explain_lines.Line
ComponentText = explain_lines.ComponentText
component_text = explain_lines.component_text
name_text = explain_lines.name_text
with_bases = explain_lines.with_bases
is_metered = explain_products.is_metered
quantity_text = explain_words.quantity_text
money_text = explain_words.money_text

TAX_REVENUE = "TAX"
_ONE_DAY = dt.timedelta(days=1)
_PPM_A_BASIS_POINT = 100
_UNTAXED = {
    tariff.TaxTreatment.EXEMPT: "exempt",
    tariff.TaxTreatment.NOT_SUBJECT: "not_subject",
}


def sentence(*, line: Line, component: ComponentText, language: str) -> str:
    """The line in `language` ("zh" or "en", also "zh-hans"): what it is for, then the sum.

    For limits, discounts in money and the rounding of a bill the sum is only shown after `with_bases`.
    """
    tongue = explain_words.tongue(language)
    heads = list(explain_heads.heads(line=line, component=component, language=tongue))
    product = explain_products.product(line=line, component=component, language=tongue)
    if not heads:
        return product
    return _capitalised(explain_words.COMMA[tongue].join(heads)) + explain_words.COLON[tongue] + product


def running_total_sentence(*, line: Line, component: ComponentText, language: str) -> str:
    """What had been counted in the tier period before this line's usage."""
    text = quantity_text(line.before_milli, unit=component.unit)
    return explain_words.words("before", language=explain_words.tongue(language), quantity=text)


def tax_sentence(*, line: Line, component: ComponentText, language: str) -> str:
    """The tax inside the line, the rate of the line that adds it, or why there is none.

    A line kept before taxes were names the rate alone. LookupError without the tariff's component.
    """
    if component.component is None:
        raise LookupError("no component")
    tongue = explain_words.tongue(language)
    if component.component.revenue == TAX_REVENUE:
        return explain_words.words("is_tax", language=tongue)
    tax = _tax_on(component.component.taxes, line.period_until)
    added = _added(component.component, component.version, line.period_until)
    if tax.treatment is tariff.TaxTreatment.NOT_SUBJECT and added is not None:
        rate = explain_words.percent_text(added.rate_ppm)
        return explain_words.words("taxed_apart", language=tongue, rate=rate)
    if tax.treatment in _UNTAXED:
        return explain_words.words(_UNTAXED[tax.treatment], language=tongue)
    if line.tax_minor is None:
        rate = explain_words.percent_text(tax.rate_basis_points * _PPM_A_BASIS_POINT)
        return explain_words.words("taxed_unknown", language=tongue, rate=rate)
    rate = explain_words.percent_text((line.tax_basis_points or 0) * _PPM_A_BASIS_POINT)
    amount = money_text(line.tax_minor, currency=component.currency, language=tongue)
    return explain_words.words("taxed", language=tongue, rate=rate, amount=amount)


def _tax_on(taxes: Sequence[tariff.Tax], period_until: dt.date | None) -> tariff.Tax:
    """The treatment of the last day, of taxes with adjoining dates; the latest where no day is known."""
    if period_until is None:
        return taxes[-1]
    return next(tax for tax in taxes if tax.until is None or period_until <= tax.until)


def _added(
    component: tariff.Component, version: tariff.TariffVersion | None, period_until: dt.date | None
) -> derived.Percentage | None:
    """The percentage that a line of its own adds to the component as tax on the last day."""
    for item in () if version is None else version.components:
        is_of_it = item.revenue == TAX_REVENUE and component.component_no in item.of
        if is_of_it and isinstance(item.charge, derived.Percentage) and _holds(item.condition, period_until):
            return item.charge
    return None


def _holds(condition: tariff.Condition, period_until: dt.date | None) -> bool:
    """Whether the last day lies in its dates; where no day is known, whether they are open."""
    if period_until is None:
        return condition.valid_until is None
    last = period_until - _ONE_DAY
    from_ = condition.valid_from or dt.date.min
    return period.is_effective(day=last, from_=from_, until=condition.valid_until)


def version_sentence(*, version: tariff.TariffVersion, sources: Sequence[str], language: str) -> str:
    """From when (and to which day) the price holds, and where it was published."""
    tongue = explain_words.tongue(language)
    from_ = explain_words.day_text(version.effective_from, language=tongue)
    if version.effective_until is None:
        text = explain_words.words("version", language=tongue, from_=from_)
    else:
        until = explain_words.day_text(version.effective_until - _ONE_DAY, language=tongue)
        text = explain_words.words("version_until", language=tongue, from_=from_, until=until)
    if not sources:
        return _capitalised(text)
    named = explain_words.listed(sources, language=tongue)
    return _capitalised(explain_words.words("source", language=tongue, text=text, sources=named))


def period_sentence(*, period_from: dt.date, period_until: dt.date, language: str) -> str:
    """The days of a half-open period by its first and its last one, and how many they are."""
    tongue = explain_words.tongue(language)
    days = (period_until - period_from).days
    return explain_words.words(
        "period",
        language=tongue,
        from_=explain_words.day_text(period_from, language=tongue),
        until=explain_words.day_text(period_until - _ONE_DAY, language=tongue),
        days=explain_words.count("day", str(days), language=tongue),
    )


def set_text(*, version: tariff.TariffVersion, set_no: int, language: str) -> str:
    """Season and programme of a price set; empty where there is neither."""
    season_no, programme_no = set_no % tariff.SETS_A_PROGRAMME, set_no // tariff.SETS_A_PROGRAMME
    names = [season.name for season in version.seasons if season.season_no == season_no]
    names += [item.name for item in version.programmes if item.programme_no == programme_no]
    tongue = explain_words.tongue(language)
    return explain_words.COMMA[tongue].join(name_text(name, language=tongue) for name in names)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
