"""A late fee's line as the sentence a customer reads, to be recomputed with a pencil. See `explain`.

Pure, in Chinese and English: a bill is printed in the customer's language, whatever the clerk's screen shows.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meterbook.kernel import money, quantity, rounding
from meterbook.rating import explain, late_fee_policy, late_fees

_ROUNDINGS = {
    explain.CHINESE: {
        rounding.Mode.HALF_UP: "四舍五入",
        rounding.Mode.TRUNCATE: "舍去尾数",
        rounding.Mode.HALF_EVEN: "四舍六入五成双",
    },
    explain.ENGLISH: {
        rounding.Mode.HALF_UP: "rounded half up",
        rounding.Mode.TRUNCATE: "cut",
        rounding.Mode.HALF_EVEN: "rounded half even",
    },
}
_TEXTS = {
    explain.CHINESE: {
        "day": "{day.year}年{day.month}月{day.day}日",
        "days": "{first} 至 {last}，{days}：{principal} × {count} 天 × {rate}‰ = {amount}",
        "calendar": "共 {count} 天",
        "workdays": "共 {span} 天，扣除非工作日 {idle} 天",
        "rounded": "{exact}，{how}为 {amount}",
        "floor": "合计 {sum}，不足 {limit}，按 {limit}计，补 {amount}",
        "cap": "合计 {sum}，超过本金 {principal}的 {share}%，按 {limit}计，减 {amount}",
    },
    explain.ENGLISH: {
        "day": "{day}",
        "days": "{first} to {last}, {days}: {principal} × {count} days × {rate} ‰ = {amount}",
        "calendar": "{count} days",
        "workdays": "{span} days less {idle} days off",
        "rounded": "{exact}, {how} to {amount}",
        "floor": "Sum {sum}, less than {limit}: {limit} is charged, {amount} more",
        "cap": "Sum {sum}, above {share} % of the principal {principal}: {limit} is charged, {amount} less",
    },
}
_LIMITS = {late_fees.LineKind.FLOOR: "floor", late_fees.LineKind.CAP: "cap"}
# a product of minor units and millionths, brought to the 10^-9 that `quantity` writes
_PRODUCT_DECIMALS = rounding.PRODUCT_DECIMALS - 6


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the sentence needs of a line; names, units and nulls as in late_fees.LINES."""

    kind: int
    principal_minor: int | None
    period_from: dt.date | None
    period_until: dt.date | None
    days: int | None
    rate_micro: int | None
    limit_minor: int | None
    amount_minor: int
    rounding: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Line":
        """Take the line from a row of the lines frame or of a table with the same columns."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


def sentence(*, line: Line, currency: str, language: str) -> str:
    """The line in `language` ("zh" or "en", also "zh-hans"): days with dates, principal, rate, amount.

    Where rounding changed the amount, the exact product stands there too, with the rule's name. A floor or a
    cap names the sum before it, the limit and the difference.
    """
    tongue = explain.CHINESE if language.lower().startswith(explain.CHINESE) else explain.ENGLISH
    if line.kind == late_fees.LineKind.DAYS:
        return _days_sentence(line, currency=currency, tongue=tongue)
    limit = line.limit_minor or 0
    amounts = {
        "sum": limit - line.amount_minor,
        "limit": limit,
        "amount": abs(line.amount_minor),
        "principal": line.principal_minor or 0,
    }
    texts = {
        name: explain.money_text(amount, currency=currency, language=tongue)
        for name, amount in amounts.items()
    }
    share = quantity.format_micro(100 * (line.rate_micro or 0), decimals=0)
    return _TEXTS[tongue][_LIMITS[late_fees.LineKind(line.kind)]].format(**texts, share=share)


def _days_sentence(line: Line, *, currency: str, tongue: str) -> str:
    assert line.period_from is not None
    assert line.period_until is not None
    texts = _TEXTS[tongue]
    count = line.days or 0
    span = (line.period_until - line.period_from).days
    days = texts["calendar"] if count == span else texts["workdays"]
    return texts["days"].format(
        first=texts["day"].format(day=line.period_from),
        last=texts["day"].format(day=line.period_until - dt.timedelta(days=1)),
        days=days.format(count=count, span=span, idle=span - count),
        principal=explain.money_text(line.principal_minor or 0, currency=currency, language=tongue),
        count=count,
        rate=quantity.format_milli(line.rate_micro or 0),  # millionths, read in thousandths
        amount=_amount(line, currency=currency, tongue=tongue),
    )


def _amount(line: Line, *, currency: str, tongue: str) -> str:
    amount = explain.money_text(line.amount_minor, currency=currency, language=tongue)
    exponent = money.exponent_of(currency)
    product = (line.principal_minor or 0) * (line.days or 0) * (line.rate_micro or 0)
    if product == line.amount_minor * late_fee_policy.ONE_MICRO:
        return amount
    how = _ROUNDINGS[tongue][rounding.Rounding(line.rounding).mode]
    exact = quantity.format_product(product * 10 ** (_PRODUCT_DECIMALS - exponent), decimals=exponent)
    return _TEXTS[tongue]["rounded"].format(exact=exact, how=how, amount=amount)
