"""Bars as SVG: rectangles, lines and text, no script, nothing from elsewhere. All sizes are whole pixels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax import saxutils

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
INK, PALE, LINE = "#1c2730", "#55606a", "#d5dde3"
_MOST_LINES = 6
_FIRST_DIGITS = (1, 2, 5)
# What a panel needs around its bars.
_ABOVE, _BELOW, _BESIDE = 48, 30, 84
# A group of bars takes seven tenths of its room.
_GROUP_TENTHS = 7
_SMALL, _USUAL, _LARGE = 11, 13, 16


@dataclass(frozen=True)
class Series:
    """Values of one colour, of another below zero where one is given; `texts` are written at the bars."""

    name: str
    color: str
    values: tuple[int, ...]
    texts: tuple[str, ...]
    below_zero: str | None = None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A chart of groups of bars: a group for each label, a bar in it for each series.

    `tick` writes a value at the scale. The panel takes `width` x `height` from (left, top) on.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    tick: Callable[[int], str]
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class _Scale:
    """From values to pixels: `step` is between two lines of the grid, which starts at `lowest`."""

    lowest: int
    highest: int
    step: int
    top: int
    height: int

    def y(self, value: int) -> int:
        """The pixel of a value; higher values have smaller ones."""
        return self.top + (self.highest - value) * self.height // (self.highest - self.lowest)

    def lines(self) -> range:
        """The values the grid has lines at."""
        return range(self.lowest, self.highest + 1, self.step)


def document(*, width: int, height: int, title: str, notes: Sequence[str], panels: Sequence[Panel]) -> str:
    """The whole picture: title, notes below it, panels."""
    drawn = [part for panel in panels for part in _panel(panel)]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{FONT}" role="img" aria-label={saxutils.quoteattr(title)}>'
    )
    parts = [
        opening,
        f"<title>{saxutils.escape(title)}</title>",
        _box(0, 0, width, height, color="#ffffff"),
        _text(24, 36, title, size=20, weight="bold"),
        *(_text(24, 60 + 18 * place, note, color=PALE) for place, note in enumerate(notes)),
        *drawn,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(panel: Panel) -> Iterator[str]:
    values = [value for series in panel.series for value in series.values]
    scale = _scale(values, top=panel.top + _ABOVE, height=panel.height - _ABOVE - _BELOW)
    yield _text(panel.left, panel.top + 14, panel.title, size=_LARGE, weight="bold")
    yield from _legend(panel)
    for value in scale.lines():
        y = scale.y(value)
        color = PALE if value == 0 else LINE
        left, right = panel.left + _BESIDE, panel.left + panel.width
        yield f'<line x1="{left}" y1="{y}" x2="{right}" y2="{y}" stroke="{color}"/>'
        yield _text(left - 8, y + 4, panel.tick(value), size=_SMALL, color=PALE, anchor="end")
    for place, label in enumerate(panel.labels):
        start, width = _room(panel, place)
        middle = start + width // 2
        yield _text(middle, panel.top + panel.height - 6, label, size=_USUAL, anchor="middle")
        yield from _group(panel, scale, place=place)


def _group(panel: Panel, scale: _Scale, *, place: int) -> Iterator[str]:
    """The bars of one label, each with its text on the far side of zero."""
    start, width = _room(panel, place)
    bar = max(1, width * _GROUP_TENTHS // (10 * len(panel.series)))
    first = start + (width - bar * len(panel.series)) // 2
    for number, series in enumerate(panel.series):
        value = series.values[place]
        zero, end = scale.y(0), scale.y(value)
        x = first + number * bar
        color = series.color if value >= 0 else series.below_zero or series.color
        yield _box(x, min(zero, end), max(1, bar - 2), max(1, abs(zero - end)), color=color)
        y = end - 5 if value >= 0 else end + 13
        yield _text(x + bar // 2, y, series.texts[place], size=_SMALL, anchor="middle")


def _room(panel: Panel, place: int) -> tuple[int, int]:
    """Left edge and width of the room of a label."""
    width = (panel.width - _BESIDE) // max(1, len(panel.labels))
    return panel.left + _BESIDE + place * width, width


def _legend(panel: Panel) -> Iterator[str]:
    """What the colours mean; nothing for a single series."""
    if len(panel.series) == 1:
        return
    x = panel.left + panel.width - 140 * len(panel.series)
    for place, series in enumerate(panel.series):
        yield _box(x + 140 * place, panel.top + 3, 12, 12, color=series.color)
        yield _text(x + 140 * place + 18, panel.top + 14, series.name)


def _scale(values: Sequence[int], *, top: int, height: int) -> _Scale:
    """A scale with zero in it and a few lines at round numbers."""
    lowest, highest = min(0, *values), max(0, *values)
    span = max(1, highest - lowest)
    step = 1
    while span > step * _MOST_LINES:
        power = 10 ** (len(str(step)) - 1)
        digit = step // power
        following = [first for first in _FIRST_DIGITS if first > digit]
        step = following[0] * power if following else 10 * power
    bottom = lowest // step * step
    return _Scale(
        lowest=bottom,
        highest=max(-(-highest // step) * step, bottom + step),
        step=step,
        top=top,
        height=height,
    )


def _box(x: int, y: int, width: int, height: int, *, color: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{color}"/>'


def _text(
    x: int,
    y: int,
    text: str,
    *,
    size: int = _USUAL,
    color: str = INK,
    anchor: str = "start",
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{color}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{saxutils.escape(text)}</text>'
    )
