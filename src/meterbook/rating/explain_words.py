"""The words of explained lines, in Chinese and English, and values as people write them.

A bill is printed in the customer's language, whatever the clerk's screen shows, so the words stand here and
not in the catalogue of the screens.
"""

import datetime as dt
from collections.abc import Sequence

from meterbook.kernel import money, quantity, rounding

ENGLISH = "en"
CHINESE = "zh"
# What a sentence says last, after the words: "Tier 2, 180–260 m³: 20 m³ × ..."
COLON = {CHINESE: "：", ENGLISH: ": "}
COMMA = {CHINESE: "，", ENGLISH: ", "}
_ENUMERATION = {CHINESE: "、", ENGLISH: ", "}
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
_COUNTS = {
    CHINESE: {
        "month": ("{n} 个月", "{n} 个月"),
        "day": ("{n} 天", "{n} 天"),
        "household": ("{n} 户", "{n} 户"),
        "person": ("{n} 人", "{n} 人"),
    },
    ENGLISH: {
        "month": ("{n} month", "{n} months"),
        "day": ("{n} day", "{n} days"),
        "household": ("{n} household", "{n} households"),
        "person": ("{n} person", "{n} persons"),
    },
}
_TEXTS = {
    CHINESE: {
        "rounded": "{exact}，{how}为 {amount}",
        "in_steps": "按 {step}{how}",
        "before": "本阶梯周期此前已计 {quantity}",
        "difference": "{whole} − {part} = {amount}",
        "percent": "{money} × {rate}%",
        "share": "{percent}%",
        "factor": "系数 {factor}",
        "building_factor": "房屋类别系数 {factor}",
        "height_factor": "层高系数 {factor}",
        "bounds": " {range}",
        "range": "{from_}–{until}",
        "above": "{from_} 以上",
        "tier": "第{tier}阶梯{bounds}",
        "tier_left": "第{tier}阶梯余量{bounds}",
        "fee": "进入阶梯的固定费，{tier}",
        "fee_back": "退回进入阶梯的固定费，{tier}",
        "whole": "累计全部按此价",
        "taken_back": "冲回此前已计，{tier}",
        "table": "第{band}档价表（总量 {range}）",
        "tier_fee": "总量在{tier}",
        "tier_fee_back": "减去已收，{tier}",
        "package": "新开始的 {size} 包数",
        "fixed": "每期固定收费",
        "calibre": "口径 {calibre} mm",
        "capacity": "容量",
        "demand": "最大需量",
        "area": "面积",
        "within_quota": "定额内{bounds}",
        "over_quota": "超定额第{step}级{bounds}",
        "free": "免费用量",
        "agreed": "协议价（公布价 {price}）",
        "rounded_share": "用量的 {percent}%，取整到 {step}",
        "cap": "最多计 {cap}",
        "percent_off": "减免，{names}",
        "money_off": "减免",
        "money_off_all": "减免，以应缴为限",
        "money_off_monthly": "减免，每月 {price}",
        "minimum": "补足到最低收费",
        "minimum_of": "补足到最低收费 {limit}",
        "maximum": "按最高收费封顶",
        "maximum_of": "按最高收费封顶于 {limit}",
        "bill_rounding": "整单{how}",
        "sum_of": "{count} 项之和",
        "taxed": "含 {rate}% 增值税 {amount}",
        "taxed_unknown": "含 {rate}% 增值税",
        "exempt": "免征增值税",
        "not_subject": "不征增值税",
        "taxed_apart": "不含税，{rate}% 税额另列",
        "is_tax": "本行为税额",
        "version": "价格自 {from_} 起执行",
        "version_until": "价格自 {from_} 起执行，至 {until} 止",
        "source": "{text}；来源：{sources}",
        "period": "{from_} 至 {until}，{days}",
    },
    ENGLISH: {
        "rounded": "{exact}, {how} to {amount}",
        "in_steps": "{how} in steps of {step}",
        "before": "Counted before in this tier period: {quantity}",
        "difference": "{whole} − {part} = {amount}",
        "percent": "{rate} % of {money}",
        "share": "{percent} %",
        "factor": "factor {factor}",
        "building_factor": "building factor {factor}",
        "height_factor": "height factor {factor}",
        "bounds": ", {range}",
        "range": "{from_}–{until}",
        "above": "above {from_}",
        "tier": "tier {tier}{bounds}",
        "tier_left": "what is left of tier {tier}{bounds}",
        "fee": "fee for entering {tier}",
        "fee_back": "fee for entering {tier}, given back",
        "whole": "all counted so far at this price",
        "taken_back": "taken back from {tier}",
        "table": "table {band} (total {range})",
        "tier_fee": "total in {tier}",
        "tier_fee_back": "less what {tier} had cost",
        "package": "packages of {size} begun",
        "fixed": "fixed for the period",
        "calibre": "meter size {calibre} mm",
        "capacity": "capacity",
        "demand": "highest demand",
        "area": "area",
        "within_quota": "within the quota{bounds}",
        "over_quota": "over quota, step {step}{bounds}",
        "free": "free quantity",
        "agreed": "agreed price (published {price})",
        "rounded_share": "{percent} % of the quantity, rounded to {step}",
        "cap": "at most {cap} counted",
        "percent_off": "discount, {names}",
        "money_off": "taken off",
        "money_off_all": "taken off, at most what was due",
        "money_off_monthly": "taken off, {price} a month",
        "minimum": "brought up to the minimum",
        "minimum_of": "brought up to the minimum of {limit}",
        "maximum": "held at the maximum",
        "maximum_of": "held at the maximum of {limit}",
        "bill_rounding": "bill {how}",
        "sum_of": "sum of {count} charges",
        "taxed": "includes {rate} % VAT {amount}",
        "taxed_unknown": "includes {rate} % VAT",
        "exempt": "exempt from VAT",
        "not_subject": "not subject to VAT",
        "taxed_apart": "without tax, {rate} % is added in a line of its own",
        "is_tax": "this line is tax",
        "version": "price in force from {from_}",
        "version_until": "price in force from {from_} to {until}",
        "source": "{text}; source: {sources}",
        "period": "{from_} to {until}, {days}",
    },
}


def tongue(language: str) -> str:
    """CHINESE for zh, zh-hans, zh-CN ...; ENGLISH for every other language."""
    return CHINESE if language.lower().startswith(CHINESE) else ENGLISH


def words(name: str, *, language: str, **values: object) -> str:
    """The words of that name in CHINESE or ENGLISH with the values put in."""
    return _TEXTS[language][name].format(**values)


def listed(names: Sequence[str], *, language: str) -> str:
    """Names one after the other."""
    return _ENUMERATION[language].join(names)


def count(unit: str, number: str, *, language: str) -> str:
    """So many months, days, households or persons: "1 month", "2 months"."""
    return _COUNTS[language][unit][number != "1"].format(n=number)


def quantity_text(quantity_milli: int, *, unit: str) -> str:
    """A quantity with its unit as people write it: "20 m³"; the bare number where the unit is empty."""
    return f"{quantity.format_milli(quantity_milli)} {_UNITS.get(unit, unit)}".rstrip()


def money_text(amount_minor: int, *, currency: str, language: str) -> str:
    """An amount with its currency: "81.40 元", "81.40 yuan"."""
    text = money.format_minor(amount_minor, exponent=money.exponent_of(currency))
    return f"{text} {currency_text(currency, language=language)}"


def price_text(price_micro: int, *, currency: str, language: str) -> str:
    """A unit price with its currency and as many decimals as it needs: "0.4883 yuan"."""
    text = quantity.format_micro(price_micro, decimals=money.exponent_of(currency))
    return f"{text} {currency_text(currency, language=language)}"


def currency_text(currency: str, *, language: str) -> str:
    """What people call the currency; its code where that is what they do."""
    return _CURRENCIES[tongue(language)].get(currency, currency)


def percent_text(share_ppm: int) -> str:
    """Millionths of a whole as the number before a percent sign: 900000 is "90"."""
    return quantity.format_micro(share_ppm * 100, decimals=0)


def day_text(day: dt.date, *, language: str) -> str:
    """A day as a bill writes it."""
    return f"{day.year}年{day.month}月{day.day}日" if language == CHINESE else day.isoformat()


def rounding_text(rule: rounding.Rounding, *, currency: str, language: str) -> str:
    """A rounding rule's name, with its step where that is more than the smallest coin."""
    how = _ROUNDINGS[language][rule.mode]
    if rule.step_minor == 1:
        return how
    step = money_text(rule.step_minor, currency=currency, language=language)
    return words("in_steps", language=language, how=how, step=step)
