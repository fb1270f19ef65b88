"""How figures, numbers and days are written on every page. Builtins: templates need no {% load %}."""

import datetime
from dataclasses import dataclass

from django import forms, template
from django.template.defaultfilters import stringfilter
from django.templatetags.static import static
from django.utils import html, safestring, timezone
from django.utils.translation import gettext_lazy as _

from meterbook.domain.access import rules
from meterbook.kernel import money as kernel_money
from meterbook.kernel import quantity as kernel_quantity

register = template.Library()

MISSING = "–"
_ACCOUNT_NO_GROUP = 4
_PHONE_SHOWN = (3, 4)
# Utility code (as glossary.csv) -> css class, icon, word.
UTILITIES = {
    "WATER": ("water", "droplet", _("Water")),
    "ELECTRICITY": ("electricity", "bolt", _("Electricity")),
    "GAS": ("gas", "flame", _("Gas")),
    "HEAT": ("heat", "temperature", _("Heat")),
}


@register.filter
def money(amount_minor: int | None) -> str:
    """123450 is "1,234.50"; nothing is "–"."""
    return MISSING if amount_minor is None else kernel_money.format_minor(amount_minor)


@register.filter
def signed_money(amount_minor: int, sign: str) -> str:
    """An amount with its currency sign, the minus before both: -5000 with "¥" is "-¥50.00"."""
    minus = "-" if amount_minor < 0 else ""
    return f"{minus}{sign}{kernel_money.format_minor(abs(amount_minor))}"


@register.filter
def magnitude(amount_minor: int) -> int:
    """The amount without its sign, where a word says which way it went."""
    return abs(amount_minor)


@register.filter
def money_plain(amount_minor: int | None) -> str:
    """The value of an amount field: "1234.50", no grouping; nothing is empty."""
    return "" if amount_minor is None else kernel_money.format_minor(amount_minor, grouping=False)


@register.filter
def quantity(quantity_milli: int | None) -> str:
    """12500 is "12.5"; nothing is "–"."""
    return MISSING if quantity_milli is None else kernel_quantity.format_milli(quantity_milli)


@register.filter
def price(price_micro: int | None) -> str:
    """488300 is "0.4883"; nothing is "–"."""
    return MISSING if price_micro is None else kernel_quantity.format_micro(price_micro)


@register.filter
@stringfilter
def account_no(number: str) -> str:
    """An account number in groups of four: "0210 0038 1142"."""
    return " ".join(number[i : i + _ACCOUNT_NO_GROUP] for i in range(0, len(number), _ACCOUNT_NO_GROUP))


@register.filter
@stringfilter
def mask_phone(phone: str) -> str:
    """138****2046; a number too short to keep anything secret is hidden whole."""
    head, tail = _PHONE_SHOWN
    if len(phone) <= head + tail:
        return "*" * len(phone)
    return f"{phone[:head]}{'*' * (len(phone) - head - tail)}{phone[-tail:]}"


@register.filter
def day(value: datetime.date | None) -> str:
    """2026-07-31, the same in both languages: it sorts and can't be misread."""
    return MISSING if value is None else value.isoformat()


@register.filter
def moment(value: datetime.datetime | None) -> str:
    """2026-07-31 14:05 in the company's time zone."""
    return MISSING if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


@register.filter
def moment_full(value: datetime.datetime | None) -> str:
    """2026-07-31 14:05:09 in the company's time zone, where the second matters (receipts, audit)."""
    return MISSING if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")


@register.filter
def whole(number: int | None) -> str:
    """12846 is "12,846"."""
    return MISSING if number is None else f"{number:,}"


@register.filter
def right_name(right: str) -> str:
    """What people read for the code of a right."""
    return str(rules.RIGHTS[right])


@register.filter
def lookup(mapping: dict[str, object], key: str) -> object:
    """The value of `key`; empty when there is none."""
    return mapping.get(key, "")


@dataclass(frozen=True, slots=True)
class FieldLook:
    """How a bound field is drawn."""

    control: safestring.SafeString
    is_check: bool
    is_money: bool


@register.filter
def with_look(bound: forms.BoundField) -> FieldLook:
    """The control of a form field and its kind; used by <c-field>."""
    return FieldLook(
        control=bound.as_widget(),
        is_check=isinstance(bound.field.widget, forms.CheckboxInput),
        is_money="data-money" in bound.field.widget.attrs,
    )


@register.simple_tag
def icon(name: str) -> safestring.SafeString:
    """A drawing beside a word; screen readers skip it. `name` must be in the sprite (a test checks)."""
    return html.format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("app/icons.svg"), name
    )


@register.simple_tag
def utility(code: str) -> safestring.SafeString:
    """Icon, word and colour of a utility code. An unknown code is an error: it would bill the wrong thing."""
    css, icon_name, word = UTILITIES[code]
    return html.format_html('<span class="utility is-{}">{}{}</span>', css, icon(icon_name), word)
