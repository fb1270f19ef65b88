"""Code 128 (ISO/IEC 15417) as bars: what a scanner reads from a label.

Sets B and C: runs of four and more digits at the ends, or of six and more inside, go two to a symbol. A code
is a start symbol, the data, a check symbol (weighted sum modulo 103) and the stop; a symbol is six widths
that sum to eleven modules.
"""

import re

FIRST, LAST = 32, 126
_START_B, _START_C, _TO_C, _TO_B, _STOP = 104, 105, 99, 100, 106
_MODULO = 103
_AT_THE_ENDS, _INSIDE = 4, 6
# Widths of bar, space, bar, space, bar, space of the symbols 0 to 105; the stop has a last bar.
_WIDTHS = (
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
)  # fmt: skip


class UnprintableError(ValueError):
    """A text that Code 128 without control signs can't hold, or an empty one."""


def symbols(text: str) -> list[int]:
    """The symbol values of a text, from the start to the stop. Raises UnprintableError."""
    if not text or any(not FIRST <= ord(sign) <= LAST for sign in text):
        raise UnprintableError(text)
    values: list[int] = []
    is_c = False
    for run, wants_c in _runs(text):
        if not values:
            values.append(_START_C if wants_c else _START_B)
        elif wants_c != is_c:
            values.append(_TO_C if wants_c else _TO_B)
        is_c = wants_c
        if is_c:
            values += [int(run[at : at + 2]) for at in range(0, len(run), 2)]
        else:
            values += [ord(sign) - FIRST for sign in run]
    check = (values[0] + sum(place * value for place, value in enumerate(values[1:], start=1))) % _MODULO
    return [*values, check, _STOP]


def bars(text: str) -> list[tuple[int, int]]:
    """The dark bars of a text as (left, width) in modules. Raises UnprintableError."""
    drawn = []
    at = 0
    for value in symbols(text):
        for place, width in enumerate(map(int, _WIDTHS[value])):
            if place % 2 == 0:
                drawn.append((at, width))
            at += width
    return drawn


def width(text: str) -> int:
    """How many modules a text takes, without the quiet zones (ten modules on either side)."""
    left, last = bars(text)[-1]
    return left + last


def _runs(text: str) -> list[tuple[str, bool]]:
    """The text cut into runs, each with whether set C holds it (an even number of digits)."""
    runs: list[tuple[str, bool]] = []
    at = 0
    for found in re.finditer(r"[0-9]+", text):
        start, end = found.span()
        fewest = _AT_THE_ENDS if start == 0 or end == len(text) else _INSIDE
        if end - start < fewest:
            continue
        # An odd digit goes to the run before, so that a code begins in set C when it can only at its head.
        start += (end - start) % 2 if start else 0
        end -= (end - start) % 2
        if start > at:
            runs.append((text[at:start], False))
        runs.append((text[start:end], True))
        at = end
    if at < len(text):
        runs.append((text[at:], False))
    return runs
