"""A document with everything in it, and what becomes of it when anything is changed."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from meterbook.rating import document, source
from meterbook.rating.charges import kinds

EVERYTHING = source.read_yaml((Path(__file__).parent / "everything.yaml").read_text(encoding="utf-8"))


def places(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where every value of a document stands."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        yield (*above, step)
        yield from places(item, (*above, step))


def at(value: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        value = value[step]
    return value


PLACES = list(places(EVERYTHING))
NAMES = sorted({step for place in PLACES for step in place if isinstance(step, str)})
TEXTS = ["", "0", "-1", "1e5", "9" * 50, "2020-02-30", "13-01", "exempt", "METERED", "X", "１２"]
STRANGE: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NAMES),
    st.sampled_from([None, True, False, 0, 1, -1, [], {}]),
    st.sampled_from(PLACES).map(lambda place: copy.deepcopy(at(EVERYTHING, place))),
)


def test_every_kind_of_charge_is_in_it() -> None:
    [version] = document.parse(EVERYTHING).versions
    assert {component.charge.kind for component in version.components} >= set(kinds.ChargeKind) - {
        kinds.ChargeKind.PER_PERIOD,
        # what follows a household, or is converted, can't be these
        kinds.ChargeKind.SWITCHING_TIERS,
        kinds.ChargeKind.TIME_OF_USE,
        kinds.ChargeKind.TIME_OF_USE_TIERS,
    }
    assert [price_set.set_no for price_set in version.price_sets] == [1, 2, 101, 102, 201, 202]


@settings(max_examples=40)
@given(place=st.sampled_from(PLACES), name=st.sampled_from(NAMES), value=STRANGE, is_added=st.booleans())
def test_whatever_is_changed_the_reader_says_where(
    place: tuple[str | int, ...],
    name: str,
    value: Any,
    is_added: bool,  # noqa: FBT001 -- drawn
) -> None:
    changed = copy.deepcopy(EVERYTHING)
    around = at(changed, place[:-1])
    step = name if is_added and isinstance(around, dict) else place[-1]
    around[step] = value
    try:
        document.parse(changed)
    except document.TariffError as error:
        for fault in error.faults:
            steps = [int(part) if part.isdigit() else part for part in re.findall(r"[^.$\[\]]+", fault.path)]
            at(changed, tuple(steps))
            assert fault.reason
