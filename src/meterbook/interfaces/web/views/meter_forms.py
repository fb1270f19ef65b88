"""The forms of meters: receiving, moving, sealing, testing, naming."""

import datetime
import re
import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from meterbook.application import meters_admin
from meterbook.domain import tables
from meterbook.domain.devices import models, rules
from meterbook.interfaces.web import fields
from meterbook.interfaces.web.views import meter_words, words
from meterbook.kernel import text as kernel_text

State = rules.MeterState
# What the one who has the meters then is called, act by act.
_PLACES = {
    State.IN_STOCK: _("Store"),
    State.ISSUED: _("Issued to"),
    State.IN_TEST: _("Laboratory"),
    State.IN_REPAIR: _("Workshop"),
    State.LOST: _("Last seen with"),
    State.SCRAPPED: _("Handed to"),
}
_MOST_PPM = 1_000_000
_MOST_POINTS = 12
_POINT = re.compile(r"(\S+)\s*[:=]\s*(\S+)")


def new_key() -> str:
    """A key for a form that acts: sent twice, it happens once."""
    return str(uuid.uuid4())


def day_field(*, label: Any, required: bool = True) -> forms.DateField:
    """A day, with the browser's own calendar."""
    # Browsers want a day as the standard writes it, whatever the language.
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=required, widget=widget)


class SerialsField(forms.CharField):
    """Numbers of meters, scanned or pasted; cleaned to a tuple of them."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "data-scan": ""}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        """The numbers as a tuple, each once."""
        text = kernel_text.half_width(super().clean(value))
        if not text and not self.required:
            return ()
        try:
            return tuple(rules.pasted_serials(text=text))
        except rules.NumberError as error:
            raise forms.ValidationError(meter_words.number_refused(error)) from error


class ReceiveForm(forms.Form):
    """New meters into store: a range of numbers, or a list."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    model_id = forms.TypedChoiceField(label=_("Model"), coerce=int, choices=())
    station_id = forms.TypedChoiceField(label=_("Station"), coerce=int, choices=())
    store = forms.CharField(label=_("Store"), max_length=60)
    first = forms.CharField(label=_("First number"), max_length=rules.LONGEST_NUMBER, required=False)
    last = forms.CharField(label=_("Last number"), max_length=rules.LONGEST_NUMBER, required=False)
    listed = SerialsField(label=_("or the numbers, one a line"), required=False)
    on = day_field(label=_("Received on"))
    purchase_no = forms.CharField(label=_("Purchase no."), max_length=40, required=False)
    manufactured_on = day_field(label=_("Made on"), required=False)
    verified_on = day_field(label=_("Verified on"), required=False)

    def __init__(
        self, *args: Any, stations: list[tuple[str, str]], meter_models: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("station_id", stations), ("model_id", meter_models)):
            chooser = self.fields[name]
            assert isinstance(chooser, forms.TypedChoiceField)
            chooser.choices = choices

    def clean(self) -> dict[str, Any]:
        """The numbers under `serial_nos`, from the range or the list."""
        cleaned = super().clean() or {}
        first, last = (kernel_text.half_width(cleaned.get(name) or "") for name in ("first", "last"))
        if "listed" not in cleaned:
            return cleaned
        if bool(first or last) == bool(cleaned["listed"]):
            self.add_error("first", _("Give a range of numbers or a list, one of the two."))
            return cleaned
        cleaned["serial_nos"] = cleaned["listed"]
        if first or last:
            try:
                cleaned["serial_nos"] = tuple(rules.serial_range(first=first or last, last=last or first))
            except rules.NumberError as error:
                at = "first" if error.text == first else "last"
                self.add_error(at, meter_words.number_refused(error))
        return cleaned

    def command(self) -> meters_admin.Receive:
        """What is to be received; of a valid form."""
        names = ("request_key", "station_id", "model_id", "serial_nos", "store", "on", "purchase_no")
        said = {name: self.cleaned_data[name] for name in (*names, "manufactured_on", "verified_on")}
        return meters_admin.Receive(**said)


class MoveForm(forms.Form):
    """Meters from the store and back."""

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    looked_at = forms.IntegerField(widget=forms.HiddenInput, required=False)
    serial_nos = SerialsField(label=_("Meters: serial numbers or barcodes"))
    place = forms.CharField(max_length=60, required=False)
    on = day_field(label=_("Day"))
    reason = forms.TypedChoiceField(
        label=_("Cause"), coerce=lambda code: rules.MoveReason(int(code)), required=False, empty_value=None
    )
    remark = forms.CharField(label=_("Remark"), max_length=200, required=False)

    def __init__(self, *args: Any, to_state: rules.MeterState, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.to_state = to_state
        self.fields["place"].label = _PLACES[to_state]
        chooser = self.fields["reason"]
        assert isinstance(chooser, forms.TypedChoiceField)
        named = [(code, text) for code, text in meter_words.choices(meter_words.REASONS) if int(code)]
        chooser.choices = [("", "–"), *named]

    def command(self) -> meters_admin.MoveMeters:
        """What is to be moved; of a valid form."""
        said = self.cleaned_data
        return meters_admin.MoveMeters(
            request_key=said["request_key"],
            serial_nos=said["serial_nos"],
            to_state=self.to_state,
            on=said["on"],
            place=said["place"],
            reason=said["reason"] or rules.MoveReason.NONE,
            remark=said["remark"],
            looked_at=said["looked_at"],
        )


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class SealForm(forms.Form):
    """A seal to be applied."""

    seal_no = forms.CharField(label=_("Seal no."), max_length=rules.LONGEST_NUMBER)
    position = forms.TypedChoiceField(
        label=_("Position"),
        coerce=lambda code: models.SealPosition(int(code)),
        choices=meter_words.choices(meter_words.POSITIONS),
    )
    colour = forms.CharField(label=_("Colour"), max_length=20, required=False)
    on = day_field(label=_("Applied on"))


class UnsealForm(ReasonForm):
    """A seal taken off."""

    on = day_field(label=_("Removed on"))


class BarcodeForm(forms.Form):
    """Another barcode."""

    barcode = forms.CharField(label=_("Barcode"), max_length=rules.LONGEST_NUMBER, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class DueForm(forms.Form):
    """Another day on which the verification is due."""

    due_on = day_field(label=_("Verification due"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        # Its fields stand on one page with those of other forms of the same names.
        super().__init__(data, initial=initial, auto_id="due_%s")


class PercentField(fields.QuantityField):
    """A percentage with up to three decimals, cleaned to millionths: -3.1 is -31,000."""

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]  # CharField promises text
        """Millionths; None for an empty box."""
        text = kernel_text.half_width(value or "")
        is_negative = text.startswith(("-", "−"))
        milli = super().to_python(text.lstrip("-−"))
        if milli is None:
            return None
        ppm = milli * 10
        if ppm > _MOST_PPM:
            raise forms.ValidationError(_("An error is between -100 and 100 percent."))
        return -ppm if is_negative else ppm

    def render_value(self, value: int) -> str:
        """As it is typed."""
        return percent(value)


def percent(ppm: int) -> str:
    """Millionths as a percentage: -31000 is "-3.1"."""
    whole, rest = divmod(abs(ppm), 10_000)
    text = f"{whole}.{rest:04d}".rstrip("0").rstrip(".")
    return f"-{text}" if ppm < 0 else text


class TestForm(forms.Form):
    """What a laboratory found."""

    __test__ = False  # pytest takes names that begin with Test for its own

    request_key = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.TypedChoiceField(
        label=_("Kind"),
        coerce=lambda code: models.TestKind(int(code)),
        choices=meter_words.choices(meter_words.TEST_KINDS),
    )
    tested_on = day_field(label=_("Tested on"))
    laboratory = forms.CharField(label=_("Laboratory"), max_length=60)
    certificate_no = forms.CharField(label=_("Certificate no."), max_length=40, required=False)
    has_passed = forms.TypedChoiceField(
        label=_("Result"),
        coerce=lambda code: code == "1",
        choices=[("1", pgettext_lazy("test", "Passed")), ("0", pgettext_lazy("test", "Failed"))],
    )
    error_ppm = PercentField(label=_("Error as a whole (%)"), required=False)
    points = forms.CharField(
        label=_("Errors at flows"),
        required=False,
        help_text=_("Flow in m³/h and error in percent, one pair a line: 1.5: -2.4"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    next_due_on = day_field(label=_("Next due on, when the certificate says so"), required=False)
    remark = forms.CharField(label=_("Remark"), max_length=200, required=False)

    def clean_points(self) -> tuple[tuple[int, int], ...]:
        """The pairs as (flow in thousandths of a m³/h, error in millionths), each flow once."""
        flow_field, error_field = fields.QuantityField(), PercentField()
        points: dict[int, int] = {}
        for number, line in enumerate(self.cleaned_data["points"].splitlines(), start=1):
            if not line.strip():
                continue
            found = _POINT.fullmatch(kernel_text.half_width(line))
            if found is None:
                raise forms.ValidationError(
                    _("Line %(line)s is no pair of flow and error."), params={"line": number}
                )
            flow_milli, error_ppm = flow_field.clean(found[1]), error_field.clean(found[2])
            if not flow_milli or flow_milli in points:
                raise forms.ValidationError(
                    _("Line %(line)s: a flow is above zero and stands here once."), params={"line": number}
                )
            points[flow_milli] = error_ppm
        if len(points) > _MOST_POINTS:
            raise forms.ValidationError(_("At most twelve flows."))
        return tuple(points.items())

    def clean(self) -> dict[str, Any]:
        """The next day lies after the test."""
        cleaned = super().clean() or {}
        tested_on, next_due_on = cleaned.get("tested_on"), cleaned.get("next_due_on")
        if isinstance(tested_on, datetime.date) and next_due_on and next_due_on <= tested_on:
            self.add_error("next_due_on", _("The next day lies after the test."))
        return cleaned


class ModelForm(forms.Form):
    """A model of meter."""

    maker = forms.CharField(label=_("Maker"), max_length=60, required=False)
    name = forms.CharField(label=_("Model"), max_length=60)
    utility = forms.TypedChoiceField(
        label=_("Utility"), coerce=int, choices=[(str(int(u)), words.UTILITIES[u]) for u in tables.Utility]
    )
    kind = forms.TypedChoiceField(
        label=_("Kind"),
        coerce=lambda code: models.MeterKind(int(code)),
        choices=meter_words.choices(words.METER_KINDS),
    )
    nominal_diameter = forms.IntegerField(
        label=_("Nominal diameter (DN, mm)"), min_value=1, max_value=3_000, required=False
    )
    accuracy_class = forms.CharField(label=_("Accuracy class"), max_length=20, required=False)
    nominal_flow_milli = fields.QuantityField(label=_("Nominal flow (m³/h)"), required=False)
    digits = forms.IntegerField(label=_("Digits before the point"), min_value=3, max_value=12)
    decimals = forms.IntegerField(label=_("Decimals shown"), min_value=0, max_value=3)
    multiplier_milli = fields.QuantityField(label=_("Multiplier"))
    has_bands = forms.BooleanField(label=_("Peak, flat and valley registers"), required=False)
    communication = forms.TypedChoiceField(
        label=_("Communication"),
        coerce=lambda code: models.Communication(int(code)),
        choices=meter_words.choices(meter_words.COMMUNICATIONS),
    )
    has_valve = forms.BooleanField(label=_("Has a valve"), required=False)
    ic_protocol = forms.CharField(label=_("Card protocol"), max_length=40, required=False)
    service_life_months = forms.IntegerField(
        label=_("Service life (months)"), min_value=1, max_value=600, required=False
    )
    verification_months = forms.IntegerField(
        label=_("Verified every (months)"), min_value=1, max_value=600, required=False
    )

    def clean_multiplier_milli(self) -> int:
        """Above zero."""
        milli: int = self.cleaned_data["multiplier_milli"]
        if milli <= 0:
            raise forms.ValidationError(_("A multiplier is above zero."))
        return milli
