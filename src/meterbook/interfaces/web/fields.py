"""Form fields for money and quantities: text in, scaled integers out, refusals in words."""

import abc
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from meterbook.kernel import money, quantity, scaled
from meterbook.kernel import text as kernel_text

_REASONS = {
    scaled.NumberFault.TOO_PRECISE.value: _("Too many decimals."),
    scaled.NumberFault.OUT_OF_RANGE.value: _("This number is too large."),
}
_NOT_A_NUMBER = _("Enter a number, like 12.50.")


class _ScaledField(forms.CharField, abc.ABC):
    """Shared form of the fields below: a text box for a decimal number, full-width digits allowed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 24)
        super().__init__(**kwargs)

    @abc.abstractmethod
    def parse(self, text: str) -> int:
        """The scaled integer of a number as typed."""

    @abc.abstractmethod
    def render_value(self, value: int) -> str:
        """The number as one would type it."""

    def prepare_value(self, value: Any) -> Any:
        """What the box shows: the number of an initial value, or what was typed."""
        return self.render_value(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]  # CharField promises text
        """The scaled integer; None for an empty box that may be empty."""
        text = kernel_text.half_width(super().to_python(value) or "")
        if not text:
            return None
        try:
            return self.parse(text)
        except (money.MoneyError, quantity.QuantityError) as error:
            raise forms.ValidationError(
                _REASONS.get(error.code.value, _NOT_A_NUMBER), code="invalid"
            ) from error

    def run_validators(self, value: Any) -> None:
        """The length was checked on the text; numbers have no length."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Numeric keyboard on phones, right-aligned, no suggestions."""
        attrs = super().widget_attrs(widget)
        return {**attrs, "inputmode": "decimal", "autocomplete": "off", "class": "is-number"}


class MoneyField(_ScaledField):
    """An amount in minor units. `minimum_minor` refuses smaller ones."""

    def __init__(self, *, minimum_minor: int | None = None, exponent: int = 2, **kwargs: Any) -> None:
        self.minimum_minor = minimum_minor
        self.exponent = exponent
        super().__init__(**kwargs)

    def parse(self, text: str) -> int:
        """See kernel.money.parse_minor."""
        amount_minor = money.parse_minor(text, exponent=self.exponent)
        if self.minimum_minor is not None and amount_minor < self.minimum_minor:
            raise forms.ValidationError(_("This amount is too small."), code="min")
        return amount_minor

    def render_value(self, value: int) -> str:
        """Without grouping, as it is typed."""
        return money.format_minor(value, exponent=self.exponent, grouping=False)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Marked as money, so that a scanner's burst never stays in it."""
        return {**super().widget_attrs(widget), "data-money": ""}


class QuantityField(_ScaledField):
    """A quantity in thousandths."""

    def parse(self, text: str) -> int:
        """See kernel.quantity.parse_milli."""
        return quantity.parse_milli(text)

    def render_value(self, value: int) -> str:
        """Without grouping, as it is typed."""
        return quantity.format_milli(value, grouping=False)
