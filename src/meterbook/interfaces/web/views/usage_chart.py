"""Usage before and after a change of meter as bars: sizes in whole pixels, drawn by the template as SVG."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from meterbook.reporting import meter_history

WIDTH, HEIGHT = 720, 168
_TOP, _BOTTOM, _SIDE = 22, 22, 8
_GAP = 4
_WIDEST = 44
_NARROWEST_LABELLED = 30  # a month, and a usage with its thousandths
_ABOVE_BAR = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One usage: where its bar stands, what it says where there is room, and if this meter counted it."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    value_y: int
    is_labelled: bool
    until: datetime.date
    quantity_milli: int
    serial_no: str
    is_own: bool
    is_first_of_meter: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars, oldest first, and the means before and after the last change (None where there was none)."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    base: int
    label_y: int
    before_milli: int | None
    after_milli: int | None
    changed_on: datetime.date | None


def drawn(*, usages: Sequence[meter_history.PlaceUsage], meter_id: int) -> Chart:
    """The chart of at least one usage, oldest first."""
    room = (WIDTH - 2 * _SIDE) // len(usages)
    width = max(2, min(_WIDEST, room - _GAP))
    most = max(1, *(usage.quantity_milli for usage in usages))
    base, tallest = HEIGHT - _BOTTOM, HEIGHT - _TOP - _BOTTOM
    bars = []
    for place, usage in enumerate(usages):
        height = usage.quantity_milli * tallest // most
        x = _SIDE + place * room + (room - width) // 2
        bars.append(
            Bar(
                x=x,
                y=base - height,
                width=width,
                height=height,
                middle=x + width // 2,
                value_y=base - height - _ABOVE_BAR,
                is_labelled=width >= _NARROWEST_LABELLED,
                until=usage.period_until,
                quantity_milli=usage.quantity_milli,
                serial_no=usage.serial_no,
                is_own=usage.meter_id == meter_id,
                is_first_of_meter=place > 0 and usages[place - 1].meter_id != usage.meter_id,
            )
        )
    changes = [place for place, bar in enumerate(bars) if bar.is_first_of_meter]
    last = changes[-1] if changes else None
    return Chart(
        bars=tuple(bars),
        width=WIDTH,
        height=HEIGHT,
        base=base,
        label_y=HEIGHT - 6,
        before_milli=None if last is None else _daily_mean(usages[:last]),
        after_milli=None if last is None else _daily_mean(usages[last:]),
        changed_on=None if last is None else usages[last].hung_on,
    )


def _daily_mean(usages: Sequence[meter_history.PlaceUsage]) -> int:
    """Thousandths per 30 days, rounded down."""
    days = sum((usage.period_until - usage.period_from).days for usage in usages)
    return sum(usage.quantity_milli for usage in usages) * 30 // days
