"""The fees an act charges by itself, on the act's form: what they are, and boxes for who may waive them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import act_fees
from meterbook.domain.billing import models
from meterbook.domain.billing import queries as billing
from meterbook.interfaces.web import fields
from meterbook.interfaces.web.views import bill_words
from meterbook.interfaces.web.views.act_terms import agreements as terms
from meterbook.kernel import money

# Every field of a form that is about fees begins like this.
PREFIX = "fees_"
_SEEN, _REASON = f"{PREFIX}seen", f"{PREFIX}reason"
# Refusals that are about fees: the field they stand beside (None: above the form), and their words.
REFUSALS: dict[type[Exception], tuple[str | None, str | Promise]] = {
    act_fees.FeesChangedError: (
        None,
        gettext_lazy("The company's fees are others now. Look at them again."),
    ),
    act_fees.FeeReasonMissingError: (_REASON, gettext_lazy("Say why another fee is asked for.")),
    act_fees.FeePaidError: (
        None,
        gettext_lazy("A fee that came with it is paid already. Cancel that payment first."),
    ),
}


def occasion_choices() -> list[tuple[str, str | Promise]]:
    """The occasions as choices."""
    return [(str(int(occasion)), word) for occasion, word in terms.OCCASIONS.items()]


class FeeBoxes:
    """Adds to a form the fees of the occasions it is about, and reads back what was decided.

    Who may not waive sees them said (`lines`); who may gets a box for each amount and one for the reason.
    """

    def __init__(
        self, form: forms.Form, *, occasions: Mapping[models.FeeOccasion, str | Promise], may_waive: bool
    ) -> None:
        self.form = form
        self.occasions = occasions
        self.due = {occasion: billing.fees_due(occasion=occasion) for occasion in occasions}
        self.has_boxes = may_waive and any(self.due.values())
        if not any(self.due.values()):
            return
        form.fields[_SEEN] = forms.CharField(widget=forms.HiddenInput, required=False)
        form.initial[_SEEN] = self._seen()
        if self.has_boxes:
            self._add_boxes()

    @property
    def lines(self) -> list[str]:
        """What is charged, in words; nothing where the person has boxes for it."""
        if self.has_boxes:
            return []
        return [
            f"{self._label(occasion, kind)} {money.format_minor(kind.amount_minor)}"
            for occasion, kinds in self.due.items()
            for kind in kinds
        ]

    def decided(self, occasion: models.FeeOccasion) -> act_fees.Decided:
        """What was decided about the fees of an occasion. Only for a valid form."""
        said = self.form.cleaned_data
        seen = dict(_pairs(said.get(_SEEN, "")))
        asked = {
            kind.code: said[self._name(occasion, kind)]
            for kind in self.due.get(occasion, ())
            if said.get(self._name(occasion, kind)) is not None
        }
        return act_fees.Decided(
            seen={code: amount for (number, code), amount in seen.items() if number == int(occasion)},
            asked=asked,
            reason=said.get(_REASON, ""),
        )

    def renew(self, error: Exception) -> None:
        """Let the refused form show the fees that hold now, where they changed after the person saw them."""
        if not isinstance(error, act_fees.FeesChangedError):
            return
        sent: Any = self.form.data
        data = sent.copy()
        for name in [name for name in data if name.startswith(PREFIX) and name != _REASON]:
            del data[name]
        data.update({_SEEN: self._seen(), **self._usual()})
        self.form.data = data

    def _add_boxes(self) -> None:
        for occasion, kinds in self.due.items():
            for kind in kinds:
                name = self._name(occasion, kind)
                self.form.fields[name] = fields.MoneyField(
                    label=self._label(occasion, kind), minimum_minor=0, required=False
                )
                self.form.initial[name] = kind.amount_minor
        self.form.fields[_REASON] = forms.CharField(
            label=_("Why another fee"),
            max_length=200,
            required=False,
            help_text=_("Needed where less than usual is asked for. 0 waives a fee."),
        )

    def _usual(self) -> dict[str, str]:
        if not self.has_boxes:
            return {}
        return {
            self._name(occasion, kind): money.format_minor(kind.amount_minor)
            for occasion, kinds in self.due.items()
            for kind in kinds
        }

    def _seen(self) -> str:
        return " ".join(
            f"{int(occasion)}:{kind.code}:{kind.amount_minor}"
            for occasion, kinds in self.due.items()
            for kind in kinds
        )

    def _label(self, occasion: models.FeeOccasion, kind: models.FeeType) -> str:
        word = self.occasions[occasion]
        name = bill_words.fee(kind.name)
        return f"{name} · {word}" if word else name

    def _name(self, occasion: models.FeeOccasion, kind: models.FeeType) -> str:
        return f"{PREFIX}{int(occasion)}_{kind.code}"


def _pairs(text: str) -> list[tuple[tuple[int, str], int]]:
    """What was shown, as it came back; anything else counts as nothing seen and is asked again."""
    found = []
    for part in text.split():
        number, _colon, rest = part.partition(":")
        code, _colon, amount = rest.partition(":")
        if number.isdecimal() and amount.isdecimal():
            found.append(((int(number), code), int(amount)))
    return found
