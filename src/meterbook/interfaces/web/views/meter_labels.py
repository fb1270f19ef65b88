"""Barcode labels of meters: chosen ones, or a range of serial numbers; printed from the browser."""

from dataclasses import dataclass

from django import forms
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.domain.devices import models, rules
from meterbook.domain.devices import queries as devices
from meterbook.interfaces.web import code128, page
from meterbook.interfaces.web.views import meter_forms, meter_words
from meterbook.kernel import text as kernel_text

MOST_LABELS = 500
# Width x height in millimetres of the label papers; the first is chosen unless said otherwise.
SIZES = {"50x30": (50, 30), "60x40": (60, 40)}
# White on either side of the bars, in modules: ten by the standard.
_QUIET = 10
_BAR_HEIGHT = 40


class LabelForm(forms.Form):
    """Which meters, on which label."""

    first = forms.CharField(
        label=gettext_lazy("First number"), max_length=rules.LONGEST_NUMBER, required=False
    )
    last = forms.CharField(label=gettext_lazy("Last number"), max_length=rules.LONGEST_NUMBER, required=False)
    meter = meter_forms.SerialsField(label=gettext_lazy("or the numbers, one a line"), required=False)
    size = forms.ChoiceField(
        label=gettext_lazy("Label (mm)"),
        choices=[(code, code.replace("x", " × ")) for code in SIZES],
        required=False,
    )


@dataclass(frozen=True, slots=True)
class Label:
    """One label: what is scanned, the bars as (left, width) in modules, and what a person reads."""

    number: str
    bars: list[tuple[int, int]]
    width: int
    serial_no: str
    model: str


@page.page(right="customers.view")
def labels(request: page.PageRequest) -> HttpResponseBase:
    """Choose the labels; with a choice in the address, the sheet to print."""
    is_chosen = any(request.GET.get(name) for name in ("first", "last", "meter"))
    form = LabelForm(request.GET if is_chosen else None)
    if is_chosen and form.is_valid():
        meters = _chosen(form)
        if meters and not form.errors:
            size = form.cleaned_data["size"] or next(iter(SIZES))
            facts = {"labels": [_label(meter) for meter in meters], "size": size, "height": _BAR_HEIGHT}
            return TemplateResponse(request, "meters/label_sheet.html", facts)
    facts = {"form": form, "place": "labels"}
    return TemplateResponse(request, "meters/labels.html", facts, status=422 if form.errors else 200)


def _chosen(form: LabelForm) -> list[models.Meter]:
    """The meters of a valid form; what is wrong is added to it."""
    said = form.cleaned_data
    numbers = list(said["meter"])
    first, last = (kernel_text.half_width(said[name]) for name in ("first", "last"))
    if first or last:
        try:
            numbers += rules.serial_range(first=first or last, last=last or first)
        except rules.NumberError as error:
            form.add_error("first" if error.text == first else "last", meter_words.number_refused(error))
            return []
    found = devices.meters_by_serial(serial_nos=numbers)
    if not found:
        form.add_error(None, _("No meter has one of these numbers."))
    elif len(found) > MOST_LABELS:
        form.add_error(None, _("At most 500 labels at once."))
    return list({meter.pk: meter for meter in found.values()}.values())


def _label(meter: models.Meter) -> Label:
    number = meter.barcode or meter.serial_no
    # A serial number of an old file may hold signs no barcode has: such a label has only its text.
    is_printable = rules.is_number(number)
    return Label(
        number=number,
        bars=[(left + _QUIET, width) for left, width in code128.bars(number)] if is_printable else [],
        width=code128.width(number) + 2 * _QUIET if is_printable else 1,
        serial_no=meter.serial_no,
        model=str(meter.model),
    )
