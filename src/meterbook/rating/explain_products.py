"""The sum a customer redoes: every factor as it is multiplied, the exact product, and what rounding made of
it.
"""

from collections.abc import Iterator
from fractions import Fraction

from meterbook.kernel import money, quantity, rounding, scaled
from meterbook.rating import explain_lines, explain_words
from meterbook.rating.charges import area, kinds

_PRODUCT_SCALE = 10**15
_MONTHS_A_YEAR = 12
# Decimals of a product that never ends, beyond those of the currency.
_MORE_DECIMALS = 4
_NO_END = "…"
# What has an end at all has it by then: fifteen decimals, and those of a division by up to 2^9.
_MOST_DECIMALS = 24
_SQUARE_METRES = "m2"
_ELECTRICITY = "kWh"
_POWERS = {kinds.Basis.CAPACITY: "kVA", kinds.Basis.DEMAND: "kW"}
_COUNTED = {kinds.Basis.HOUSEHOLDS: "household", kinds.Basis.PERSONS: "person"}
_PER_ONE = {
    kinds.ChargeKind.PER_PERIOD,
    kinds.ChargeKind.PER_MONTH,
    kinds.ChargeKind.PER_DAY,
    kinds.ChargeKind.TIER_FEE,
}
_PERCENTAGES = {kinds.ChargeKind.PERCENTAGE, kinds.ChargeKind.PERCENT_OFF}
_UNMETERED = {kinds.ChargeKind.PACKAGE, kinds.ChargeKind.TIER_FEE}
# Whose sum is "what it comes to less what it was": the limit, or the rounded bill.
_DIFFERENCES = {kinds.ChargeKind.MAXIMUM, kinds.ChargeKind.MINIMUM, kinds.ChargeKind.BILL_ROUNDING}


def product(*, line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> str:
    """The sum, as in "20 m³ × 4.07 yuan = 81.40 yuan"; the amount alone where nothing is multiplied."""
    amount = _money(line.amount_minor, component, language)
    if component.kind in _DIFFERENCES and line.base_minor is not None:
        return explain_words.words(
            "difference",
            language=language,
            whole=_money(line.base_minor + line.amount_minor, component, language),
            part=_money(line.base_minor, component, language),
            amount=amount,
        )
    if component.kind in _DIFFERENCES or component.kind is kinds.ChargeKind.MONEY_OFF:
        return amount
    result = _result(line, component, language)
    if component.kind in _PERCENTAGES:
        return f"{_percentage(line, component, language)} = {result}"
    factors = list(_factors(line, component, language))
    return result if len(factors) == 1 else f"{' × '.join(factors)} = {result}"


def is_metered(*, line: explain_lines.Line, component: explain_lines.ComponentText) -> bool:
    """Whether the quantity of the line is one a meter counted: not packages, fees, months or money."""
    row = component.row(line)
    if component.kind in _UNMETERED or component.kind >= kinds.DERIVED_FROM or is_fee(line, component):
        return False
    return row is not None and row.basis in kinds.METERED


def is_fee(line: explain_lines.Line, component: explain_lines.ComponentText) -> bool:
    """Whether a line of graduated tiers is the fee for entering its tier, not a part of the quantity."""
    if component.component is None or component.version is None or not line.may_be_fee:
        return False
    rows = component.component.charge.price_rows(component.version.household)
    return abs(line.quantity_milli) == kinds.ONE_MILLI and any(
        row.is_fee and row.tier == line.tier and row.price_micro == line.unit_price_micro for row in rows
    )


def _percentage(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> str:
    minor_milli = 10 ** (quantity.MILLI_DECIMALS - money.exponent_of(component.currency))
    return explain_words.words(
        "percent",
        language=language,
        money=_money(line.quantity_milli // minor_milli, component, language),
        rate=explain_words.percent_text(line.unit_price_micro),
    )


def _factors(
    line: explain_lines.Line, component: explain_lines.ComponentText, language: str
) -> Iterator[str]:
    """In the order of a sum on paper: how much, at what price, which part of it, how often."""
    yield from _counted(line, component, language)
    yield explain_words.price_text(line.unit_price_micro, currency=component.currency, language=language)
    if line.factor_ppm != kinds.MILLION:
        if component.kind is kinds.ChargeKind.AREA:
            factor = quantity.format_micro(line.factor_ppm, decimals=0)
            yield explain_words.words(_area_factor(component), language=language, factor=factor)
        else:
            share = explain_words.percent_text(line.factor_ppm)
            yield explain_words.words("share", language=language, percent=share)
    yield from _times(line, component, language)


def _area_factor(component: explain_lines.ComponentText) -> str:
    """What the factor of an area is for, where it can be for one thing only."""
    charge = None if component.component is None else component.component.charge
    if not isinstance(charge, area.Area) or (charge.factors and charge.height is not None):
        return "factor"
    return "building_factor" if charge.factors else "height_factor"


def _counted(
    line: explain_lines.Line, component: explain_lines.ComponentText, language: str
) -> Iterator[str]:
    """What the price is multiplied with; nothing for a single amount."""
    row = component.row(line)
    is_one = component.kind in _PER_ONE or is_fee(line, component)
    basis = kinds.Basis.ONE if row is None and is_one else kinds.Basis.QUANTITY if row is None else row.basis
    number = quantity.format_milli(line.quantity_milli)
    if basis in _COUNTED:
        yield explain_words.count(_COUNTED[basis], number, language=language)
    elif basis is kinds.Basis.AREA:
        yield explain_words.quantity_text(line.quantity_milli, unit=_SQUARE_METRES)
    elif basis in _POWERS:
        unit = _POWERS[basis] if component.unit == _ELECTRICITY else ""
        yield explain_words.quantity_text(line.quantity_milli, unit=unit)
    elif component.kind is kinds.ChargeKind.PACKAGE:
        yield number
    elif is_one or basis is kinds.Basis.ONE:
        if line.quantity_milli != kinds.ONE_MILLI:
            yield number
    else:
        yield explain_words.quantity_text(line.quantity_milli, unit=component.unit)


def _times(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> Iterator[str]:
    """How often, as it was counted: months, days, or days of days where a period was split."""
    above, below = line.time_numerator, line.time_denominator
    row = component.row(line)
    if row is None or (above == below and below > 1):
        yield from [f"{above}/{below}"] if above != below else []
        return
    match row.time:
        case kinds.Time.MONTHS:
            yield from _months(line, language)
        case kinds.Time.MONTHS_BY_DAYS if above % _MONTHS_A_YEAR == 0:
            yield _number(above // _MONTHS_A_YEAR, "day", language)
            yield f"{_MONTHS_A_YEAR}/{below}"
        case kinds.Time.DAYS:
            yield _number(above, "day", language)
        case kinds.Time.SEASON_MONTHS if below <= _MONTHS_A_YEAR:
            yield _part(above, below, "month", language)
        case kinds.Time.SEASON_DAYS:
            yield _part(above, below, "day", language)
        case kinds.Time.ONCE if below > 1:
            yield _part(above, below, "day", language)
        case _ if above != below:
            yield f"{above}/{below}"


def _months(line: explain_lines.Line, language: str) -> Iterator[str]:
    """The months of the usage, and of a segment its days among the usage's."""
    above, below, days = line.time_numerator, line.time_denominator, line.days
    if below == 1:
        yield _number(above, "month", language)
    elif days and above % days == 0:
        yield _number(above // days, "month", language)
        yield _part(days, below, "day", language)
    else:
        yield f"{above}/{below}"


def _part(above: int, below: int, unit: str, language: str) -> str:
    return f"{_number(above, unit, language)}/{_number(below, unit, language)}"


def _number(count: int, unit: str, language: str) -> str:
    return explain_words.count(unit, str(count), language=language)


def _result(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> str:
    """The amount; before it the exact product and the rule where rounding changed it."""
    amount = _money(line.amount_minor, component, language)
    exponent = money.exponent_of(component.currency)
    exact = Fraction(
        line.quantity_milli * line.unit_price_micro * line.factor_ppm * line.time_numerator,
        line.time_denominator * _PRODUCT_SCALE,
    )
    if exact * 10**exponent == line.amount_minor:
        return amount
    rule = rounding.Rounding(line.rounding)
    currency = explain_words.currency_text(component.currency, language=language)
    return explain_words.words(
        "rounded",
        language=language,
        exact=f"{_exact_text(exact, decimals=exponent)} {currency}",
        how=explain_words.rounding_text(rule, currency=component.currency, language=language),
        amount=amount,
    )


def _exact_text(value: Fraction, *, decimals: int) -> str:
    """All its decimals where it has an end, else a few of them and "…"."""
    ends = _MOST_DECIMALS if 10**_MOST_DECIMALS % value.denominator == 0 else None
    places = ends or decimals + _MORE_DECIMALS
    size = abs(value.numerator) * 10**places // value.denominator
    text = scaled.render(
        value=size if value > 0 else -size, decimals=places, grouping=True, trim_to=decimals if ends else None
    )
    return text if ends else f"{text}{_NO_END}"


def _money(amount_minor: int, component: explain_lines.ComponentText, language: str) -> str:
    return explain_words.money_text(amount_minor, currency=component.currency, language=language)
