"""A rated line as the sentence a customer reads, to be recomputed with a pencil.

Pure: the words stand in the tables below, in Chinese and English, because a bill is printed in the customer's
language, whatever the clerk's screen shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from meterbook.kernel import money, quantity, rounding
from meterbook.rating import tariff
from meterbook.rating.charges import kinds

ENGLISH = "en"
CHINESE = "zh"

_UNITS = {"m3": "m³", "m2": "m²"}
_CURRENCIES = {CHINESE: {"CNY": "元"}, ENGLISH: {"CNY": "yuan"}}
_ROUNDINGS = {
    CHINESE: {
        rounding.Mode.HALF_UP: "四舍五入",
        rounding.Mode.TRUNCATE: "舍去尾数",
        rounding.Mode.HALF_EVEN: "四舍六入五成双",
    },
    ENGLISH: {
        rounding.Mode.HALF_UP: "rounded half up",
        rounding.Mode.TRUNCATE: "cut",
        rounding.Mode.HALF_EVEN: "rounded half even",
    },
}
_TEXTS = {
    CHINESE: {
        "flat": "{quantity} × {price} = {amount}",
        "fixed": "每期固定收费 {amount}",
        "tier": "第{tier}阶梯 {from_}–{until}：{quantity} × {price} = {amount}",
        "last_tier": "第{tier}阶梯 {above} 以上：{quantity} × {price} = {amount}",
        "only_tier": "第{tier}阶梯：{quantity} × {price} = {amount}",
        "rounded": "{exact}，{how}为 {amount}",
        "before": "本阶梯周期此前已计 {quantity}",
    },
    ENGLISH: {
        "flat": "{quantity} × {price} = {amount}",
        "fixed": "Fixed for the period: {amount}",
        "tier": "Tier {tier}, {from_}–{until}: {quantity} × {price} = {amount}",
        "last_tier": "Tier {tier}, above {above}: {quantity} × {price} = {amount}",
        "only_tier": "Tier {tier}: {quantity} × {price} = {amount}",
        "rounded": "{exact}, {how} to {amount}",
        "before": "Counted before in this tier period: {quantity}",
    },
}


@dataclass(frozen=True)
class Line:
    """What the sentence needs of a rated line; names and units as in columns.LINES."""

    tier: int
    tier_from_milli: int | None
    tier_until_milli: int | None
    before_milli: int
    quantity_milli: int
    unit_price_micro: int
    amount_minor: int
    rounding: int

    @classmethod
    def from_row(cls, row: Mapping[str, int | None]) -> "Line":
        """Take the line from a row of the lines frame or of a table with the same columns."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})  # type: ignore[arg-type] # the schema


@dataclass(frozen=True)
class ComponentText:
    """What the sentence needs of the tariff: which kind of charge, in which unit and currency."""

    kind: kinds.ChargeKind
    unit: str
    currency: str


def component_text(*, version: tariff.TariffVersion, component_no: int) -> ComponentText:
    """The component's part of the sentence; LookupError when the version has no such component."""
    if not 1 <= component_no <= len(version.components):
        raise LookupError(f"no component {component_no}")
    kind = version.components[component_no - 1].charge.kind
    return ComponentText(kind=kind, unit=version.unit, currency=version.currency)


def sentence(*, line: Line, component: ComponentText, language: str) -> str:
    """The line in `language` ("zh" or "en", also "zh-hans"): tier and bounds, quantity, price, amount.

    Where rounding changed the amount, the exact product stands there too, with the rule's name.
    """
    tongue = _tongue(language)
    texts = _TEXTS[tongue]
    is_fixed = component.kind is kinds.ChargeKind.PER_PERIOD
    exact = _exact_amount(line=line, component=component, language=tongue)
    amount = money_text(line.amount_minor, currency=component.currency, language=tongue)
    if exact != amount:
        how = _ROUNDINGS[tongue][rounding.Rounding(line.rounding).mode]
        amount = texts["rounded"].format(exact=exact, how=how, amount=amount)
    return texts[_text_name(line, is_fixed=is_fixed)].format(
        tier=line.tier,
        from_=quantity.format_milli(line.tier_from_milli or 0),
        above=quantity_text(line.tier_from_milli or 0, unit=component.unit),
        until=quantity_text(line.tier_until_milli or 0, unit=component.unit),
        quantity=quantity_text(line.quantity_milli, unit=component.unit),
        price=_price_text(line.unit_price_micro, currency=component.currency, language=tongue),
        amount=amount,
    )


def running_total_sentence(*, line: Line, component: ComponentText, language: str) -> str:
    """What had been counted in the tier period before this line's usage."""
    text = quantity_text(line.before_milli, unit=component.unit)
    return _TEXTS[_tongue(language)]["before"].format(quantity=text)


def quantity_text(quantity_milli: int, *, unit: str) -> str:
    """A quantity with its unit as people write it: "20 m³"."""
    return f"{quantity.format_milli(quantity_milli)} {_UNITS.get(unit, unit)}"


def money_text(amount_minor: int, *, currency: str, language: str) -> str:
    """An amount with its currency: "81.40 元", "81.40 yuan"."""
    text = money.format_minor(amount_minor, exponent=money.exponent_of(currency))
    return f"{text} {_currency(currency, language=language)}"


def _exact_amount(*, line: Line, component: ComponentText, language: str) -> str:
    product = line.quantity_milli * line.unit_price_micro
    text = quantity.format_product(product, decimals=money.exponent_of(component.currency))
    return f"{text} {_currency(component.currency, language=language)}"


def _price_text(price_micro: int, *, currency: str, language: str) -> str:
    text = quantity.format_micro(price_micro, decimals=money.exponent_of(currency))
    return f"{text} {_currency(currency, language=language)}"


def _text_name(line: Line, *, is_fixed: bool) -> str:
    if is_fixed:
        return "fixed"
    if line.tier == 0:
        return "flat"
    if line.tier_until_milli is not None:
        return "tier"
    return "last_tier" if line.tier_from_milli else "only_tier"


def _tongue(language: str) -> str:
    return CHINESE if language.lower().startswith(CHINESE) else ENGLISH


def _currency(currency: str, *, language: str) -> str:
    return _CURRENCIES[_tongue(language)].get(currency, currency)
