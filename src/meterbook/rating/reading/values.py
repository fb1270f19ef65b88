"""Single values: days, prices, quantities, percentages. Form is checked before; here it is the sense.

Every function takes a node and raises TariffError with its path.
"""

import datetime as dt
from collections.abc import Sequence

from meterbook.kernel import quantity, rounding, scaled
from meterbook.rating import tariff
from meterbook.rating.charges import kinds
from meterbook.rating.reading import nodes

PERCENT_DECIMALS = 4
WHOLE_PERCENT_PPM = kinds.MILLION
_ANY_COMMON_YEAR = 2001
_TOO_LARGE = "is too large"


def day(node: nodes.Node) -> dt.date:
    """A date."""
    try:
        return dt.date.fromisoformat(node.value)
    except ValueError as error:
        raise node.fault(f"{node.value} is not a day") from error


def month_day(node: nodes.Node) -> tariff.MonthDay:
    """A day of every year, "05-01"; 29 February is none."""
    month, day_of_month = (int(part) for part in node.value.split("-"))
    try:
        dt.date(_ANY_COMMON_YEAR, month, day_of_month)
    except ValueError as error:
        raise node.fault(f"{node.value} is not a day of every year") from error
    return tariff.MonthDay(month=month, day=day_of_month)


def names(node: nodes.Node) -> tariff.Names:
    """A name in all languages."""
    return tariff.Names(**node.value)


def price_micro(node: nodes.Node) -> int:
    """A price in millionths, at most a million."""
    try:
        return quantity.parse_micro(node.value)
    except quantity.QuantityError as error:
        raise node.fault(f"{node.value} {_TOO_LARGE}: at most a million") from error


def quantity_milli(node: nodes.Node) -> int:
    """A quantity in thousandths, at most 10^9 units."""
    try:
        return quantity.parse_milli(node.value)
    except quantity.QuantityError as error:
        raise node.fault(f"{node.value} {_TOO_LARGE}: at most 10^9 units") from error


def positive_milli(node: nodes.Node) -> int:
    """A quantity above zero: a step, a size, a cap."""
    value = quantity_milli(node)
    if value == 0:
        raise node.fault("must be more than 0")
    return value


def percent_ppm(node: nodes.Node, *, at_most: int = 100) -> int:
    """A percentage in millionths of a whole: "5" is 50000."""
    value = _scaled(node, decimals=PERCENT_DECIMALS)
    if value > at_most * 10**PERCENT_DECIMALS:
        raise node.fault(f"{node.value} is more than {at_most} percent")
    return value


def positive_micro(node: nodes.Node) -> int:
    """A factor or divisor in millionths, above zero and at most a million."""
    value = price_micro(node)
    if value == 0:
        raise node.fault("must be more than 0")
    return value


def factor_ppm(node: nodes.Node) -> int:
    """A factor in millionths: "0.90" is 900000; at most 100."""
    value = _scaled(node, decimals=quantity.MILLI_DECIMALS) * kinds.ONE_MILLI
    if value > 100 * kinds.MILLION:
        raise node.fault(f"{node.value} {_TOO_LARGE}: at most 100")
    return value


def mode(node: nodes.Node) -> rounding.Mode:
    """What happens below a step."""
    return rounding.Mode[node.value]


def ordered_days(record: nodes.Record, *, from_: str, until: str) -> tuple[dt.date | None, dt.date | None]:
    """Both ends of a time by their names, None where open; the end must be later."""
    start = record.read(from_, day, None)
    end = record.read(until, day, None)
    if start is not None and end is not None and end <= start:
        raise record[until].fault(f"must be later than {from_}")
    return start, end


def rising(values: Sequence[int], *, where: Sequence[nodes.Node]) -> None:
    """The first must be more than zero, each other more than the one before."""
    previous = 0
    for value, node in zip(values, where, strict=True):
        if value <= previous:
            raise node.fault("must be more than the one before" if previous else "must be more than 0")
        previous = value


def unique(where: Sequence[nodes.Node]) -> None:
    """No value twice."""
    seen = set()
    for node in where:
        if node.value in seen:
            raise node.fault(f"{node.value} stands twice")
        seen.add(node.value)


def _scaled(node: nodes.Node, *, decimals: int) -> int:
    try:
        return scaled.parse(text=node.value, decimals=decimals)
    except scaled.NumberError as error:
        raise node.fault(f"{node.value} {_TOO_LARGE}") from error
