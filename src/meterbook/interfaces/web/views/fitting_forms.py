"""The form of a meter change: closing and opening values by register, meter, reason, seals."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from meterbook.application import act_fees
from meterbook.domain.devices import rules as meter_rules
from meterbook.domain.metering import models, operations_changes, rules_changes
from meterbook.interfaces.web import fields
from meterbook.interfaces.web.views import fee_boxes, fitting_words, meter_words

Kind = models.ChangeKind
_USUAL_LAST = 3
_NOT_CHOSEN = (meter_rules.MoveReason.NONE, meter_rules.MoveReason.MISTAKE)


class UndoForm(forms.Form):
    """Why a change is taken back."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    remark = forms.CharField(label=_("Reason"), max_length=200)


class FittingForm(forms.Form):
    """A change of one kind at one place; `bands` are the registers it is about."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    changed_on = forms.DateField(
        label=_("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    new_serial_no = forms.CharField(
        label=_("New meter"), max_length=40, help_text=_("Serial number or barcode; type or scan it.")
    )
    counting = forms.ChoiceField(
        label=_("How the old meter counts"), required=False, choices=list(fitting_words.COUNTING.items())
    )
    last = forms.IntegerField(
        label=_("Mean of so many usages"), required=False, min_value=1, max_value=rules_changes.MOST_USAGES
    )
    is_rolled_over = forms.BooleanField(label=_("The register rolled over"), required=False)
    is_confirmed = forms.BooleanField(label=_("Looked at, the usage is right"), required=False)
    reason = forms.TypedChoiceField(
        label=_("Cause"),
        coerce=int,
        choices=[
            (str(int(code)), word) for code, word in meter_words.REASONS.items() if code not in _NOT_CHOSEN
        ],
    )
    old_seal_no = forms.CharField(label=_("Seal of the old meter"), required=False, max_length=40)
    new_seal_no = forms.CharField(label=_("Seal of the new meter"), required=False, max_length=40)
    remark = forms.CharField(label=_("Remark"), required=False, max_length=200)

    def __init__(
        self,
        data: Any = None,
        *,
        kind: models.ChangeKind,
        bands: Sequence[int],
        today: datetime.date,
        may_waive: bool = False,
    ) -> None:
        start = {"request_key": uuid.uuid4(), "changed_on": today, "last": _USUAL_LAST}
        super().__init__(data, initial=start)
        self.kind, self.bands = kind, tuple(bands)
        closes, opens = kind != Kind.INSTALL, kind != Kind.REMOVE
        for band in self.bands:
            if closes:
                label = fitting_words.band_label(_("Old meter shows"), band=band, count=len(self.bands))
                box = fields.QuantityField(label=label, required=False)
                box.widget.attrs["autofocus"] = band == self.bands[0]
                self.fields[f"closing_{band}"] = box
            if opens:
                label = fitting_words.band_label(_("New meter shows"), band=band, count=len(self.bands))
                self.fields[f"opening_{band}"] = fields.QuantityField(label=label, initial=0)
        gone = {"counting", "last", "is_rolled_over", "is_confirmed", "old_seal_no"} if not closes else set()
        gone |= {"new_serial_no", "new_seal_no"} if not opens else set()
        for name in gone:
            del self.fields[name]
        taken_off = act_fees.Occasion.TAKEN_OFF_FOR_ARREARS
        occasions = {taken_off: _("if for arrears")} if kind == Kind.REMOVE else {}
        self.fees = fee_boxes.FeeBoxes(self, occasions=occasions, may_waive=may_waive)

    def old_fields(self) -> list[forms.BoundField]:
        """What is asked of the meter that is taken off."""
        names = [f"closing_{band}" for band in self.bands]
        return self._bound([*names, "is_rolled_over", "counting", "last", "old_seal_no"])

    def new_fields(self) -> list[forms.BoundField]:
        """What is asked of the meter that is fitted."""
        return self._bound(["new_serial_no", *(f"opening_{band}" for band in self.bands), "new_seal_no"])

    def fee_fields(self) -> list[forms.BoundField]:
        """The fees of a meter taken off for arrears, for who may ask for others than usual."""
        return [
            self[name]
            for name, box in self.fields.items()
            if name.startswith(fee_boxes.PREFIX) and not box.widget.is_hidden
        ]

    def decided(self) -> act_fees.Decided:
        """What was decided about the fees. Only for a valid form."""
        if not self.fees.occasions:
            return act_fees.USUAL
        return self.fees.decided(act_fees.Occasion.TAKEN_OFF_FOR_ARREARS)

    def _bound(self, names: Sequence[str]) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    def command(self, *, service_point_id: int) -> operations_changes.Change:
        """The change as the use case is told it; the form is valid."""
        said = self.cleaned_data
        return operations_changes.Change(
            request_key=said["request_key"],
            kind=self.kind,
            service_point_id=service_point_id,
            changed_on=said["changed_on"],
            reason=said["reason"],
            remark=said["remark"],
            new_serial_no=said.get("new_serial_no", ""),
            closings=self._closings() if self.kind != Kind.INSTALL else {},
            openings={band: said[f"opening_{band}"] for band in self.bands}
            if self.kind != Kind.REMOVE
            else {},
            old_seal_no=said.get("old_seal_no", ""),
            new_seal_no=said.get("new_seal_no", ""),
            is_confirmed=said.get("is_confirmed", False),
        )

    def _closings(self) -> Mapping[int, rules_changes.Closing]:
        said, estimate = self.cleaned_data, None
        for rule in rules_changes.ESTIMATES:
            if said["counting"] == rule.name:
                estimate = rules_changes.Estimate(rule=rule, last=said["last"] or _USUAL_LAST)
        return {
            band: rules_changes.Closing(
                value_milli=said[f"closing_{band}"],
                is_rolled_over=said["is_rolled_over"],
                estimate=estimate,
            )
            for band in self.bands
        }

    def refuse(self, error: Exception) -> None:
        """Put a refusal in words beside the field it is about."""
        if type(error) in fee_boxes.REFUSALS:
            name, said = fee_boxes.REFUSALS[type(error)]
            self.add_error(name, str(said))
            self.fees.renew(error)
            return
        code, text = str(getattr(error, "code", "")), fitting_words.refusal(error)
        band = getattr(error, "band", None)
        side = "closing" if self.kind != Kind.INSTALL else "opening"
        name = f"{side}_{band}" if code in fitting_words.OF_REGISTER else fitting_words.FIELDS.get(code)
        self.add_error(name if name in self.fields else None, text)
