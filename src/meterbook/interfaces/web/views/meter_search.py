"""What a scan finds that no account has: meters in store, issued, removed, in test."""

from django.urls import reverse

from meterbook.application import actor as actors
from meterbook.domain.devices import queries as devices
from meterbook.domain.devices import rules
from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import meter_words
from meterbook.kernel import text as kernel_text


def hits(actor: actors.Actor, text: str, limit: int) -> list[palette.Hit]:
    """The meters whose whole number or barcode is `text` and that hang nowhere."""
    plain = kernel_text.half_width(text)
    if not plain or not actor.may("customers.view"):
        return []
    ids = devices.meter_ids_by_exact_no(number=plain) or devices.meter_ids_by_exact_no(number=plain.upper())
    found = [devices.meter_facts(meter_id=meter_id) for meter_id in ids[:limit]]
    return [_hit(meter) for meter in found if meter.state != rules.MeterState.IN_SERVICE]


def _hit(meter: devices.MeterFacts) -> palette.Hit:
    state = meter_words.STATES[meter.state]
    return palette.Hit(
        title=meter.serial_no,
        number="",
        detail=f"{meter.model} {meter.holder}".strip(),
        url=reverse("meter", args=[meter.meter_id]),
        kind="meter",
        state=str(state.text),
        state_kind=state.kind,
        is_exact=True,
    )
