"""Bars of the chart of usages: in proportion, inside the picture, labelled where there is room."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from meterbook.interfaces.web.views import usage_chart
from meterbook.reporting import meter_history

FIRST = datetime.date(2026, 1, 1)
HALF_A_LABEL = 15


def _usages(milli: list[int]) -> list[meter_history.PlaceUsage]:
    month = datetime.timedelta(days=30)
    return [
        meter_history.PlaceUsage(
            period_from=FIRST + month * place,
            period_until=FIRST + month * (place + 1),
            quantity_milli=quantity,
            meter_id=1,
            serial_no="S1",
            hung_on=FIRST,
        )
        for place, quantity in enumerate(milli)
    ]


@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=60))
def test_bars_and_their_labels_stay_inside_and_apart(milli: list[int]) -> None:
    chart = usage_chart.drawn(usages=_usages(milli), meter_id=1)
    ends = [0, *(bar.x + bar.width for bar in chart.bars)]
    assert all(bar.x >= end for bar, end in zip(chart.bars, ends, strict=False))
    assert ends[-1] <= chart.width
    for bar in chart.bars:
        assert 0 < bar.value_y <= bar.y <= chart.base
        assert not bar.is_labelled or bar.middle >= HALF_A_LABEL
    assert chart.bars[milli.index(max(milli))].height == max(bar.height for bar in chart.bars)


def test_labels_are_left_out_when_they_would_touch() -> None:
    assert all(bar.is_labelled for bar in usage_chart.drawn(usages=_usages([1000] * 13), meter_id=1).bars)
    assert not any(bar.is_labelled for bar in usage_chart.drawn(usages=_usages([1000] * 40), meter_id=1).bars)
