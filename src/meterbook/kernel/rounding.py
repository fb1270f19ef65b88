"""How an exact product becomes money: the rule is named, stored with the line, and applied exactly once.

The same rule exists twice, for one Python number and for a Polars column; tests prove them equal. A fen is
one minor unit of whatever currency, a jiao ten, a yuan a hundred. Negative amounts are the mirror image of
positive ones, so a reversal always gives back exactly what was charged.
"""

from enum import IntEnum

import polars as pl

# quantity is in 10^-3, price in 10^-6: their product is in 10^-9 of a currency unit
PRODUCT_DECIMALS = 9


class Mode(IntEnum):
    """What happens to the part below the step."""

    HALF_UP = 1
    TRUNCATE = 2
    HALF_EVEN = 3


ALL_MODES = frozenset(Mode)


class Rounding(IntEnum):
    """A rounding rule; tens digit: step (1 fen, 2 jiao, 3 yuan), ones digit: Mode. The numbers are stored."""

    FEN_HALF_UP = 11
    FEN_TRUNCATE = 12
    FEN_HALF_EVEN = 13
    JIAO_HALF_UP = 21
    JIAO_TRUNCATE = 22
    JIAO_HALF_EVEN = 23
    YUAN_HALF_UP = 31
    YUAN_TRUNCATE = 32
    YUAN_HALF_EVEN = 33

    @property
    def mode(self) -> Mode:
        """What happens to the part below the step."""
        return Mode(self.value % 10)

    @property
    def step_minor(self) -> int:
        """The smallest amount the rule leaves, in minor units: 1, 10 or 100."""
        return int(10 ** (self.value // 10 - 1))


def round_ratio(*, numerator: int, denominator: int, mode: Mode) -> int:
    """Divide numerator by denominator, giving a whole number by `mode`; denominator > 0."""
    whole, rest = divmod(abs(numerator), denominator)
    if mode is Mode.HALF_UP:
        whole += 2 * rest >= denominator
    elif mode is Mode.HALF_EVEN:
        whole += 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1)
    return -whole if numerator < 0 else whole


def divisor(*, rule: Rounding, exponent: int) -> int:
    """What a product of milli quantity and micro price is divided by to count steps of the rule."""
    return int(10 ** (PRODUCT_DECIMALS - exponent)) * rule.step_minor


def round_product(*, quantity_milli: int, price_micro: int, rule: Rounding, exponent: int = 2) -> int:
    """Price a quantity in minor units, rounded once by `rule`."""
    steps = round_ratio(
        numerator=quantity_milli * price_micro,
        denominator=divisor(rule=rule, exponent=exponent),
        mode=rule.mode,
    )
    return steps * rule.step_minor


def round_minor(*, amount_minor: int, rule: Rounding) -> int:
    """A whole amount rounded to the step of `rule` (a bill's total to the jiao, say)."""
    steps = round_ratio(numerator=amount_minor, denominator=rule.step_minor, mode=rule.mode)
    return steps * rule.step_minor


def product_expression(
    *, quantity_milli: pl.Expr, price_micro: pl.Expr, divisor: pl.Expr, step_minor: pl.Expr, mode: pl.Expr
) -> pl.Expr:
    """`round_product` over columns, to Int64 minor units.

    Quantity, price and `divisor` are Int64, `step_minor` and `mode` whole numbers. The product is made in 128
    bits, which holds the product of any two Int64; an amount that doesn't fit Int64 raises
    polars.exceptions.InvalidOperationError and never wraps around.
    """
    product = quantity_milli.cast(pl.Int128) * price_micro.cast(pl.Int128)
    steps = ratio_expression(numerator=product, denominator=divisor.cast(pl.Int128), mode=mode)
    return (steps * step_minor.cast(pl.Int128)).cast(pl.Int64)


def ratio_expression(
    *, numerator: pl.Expr, denominator: pl.Expr, mode: pl.Expr, modes: frozenset[Mode] = ALL_MODES
) -> pl.Expr:
    """`round_ratio` over columns of one type, Int64 or Int128, which must hold |numerator| + denominator / 2.

    `modes` are those that `mode` may hold: nothing is worked out for others.
    """
    size = numerator.abs()
    return (size + _added(size, denominator, mode=mode, modes=modes)) // denominator * numerator.sign()


def _added(size: pl.Expr, denominator: pl.Expr, *, mode: pl.Expr, modes: frozenset[Mode]) -> pl.Expr:
    """What is added to a size before it is divided without the rest: half, less, or nothing.

    For an odd denominator half of it is a half too little, which changes nothing: there are no ties.
    """
    if modes == {Mode.TRUNCATE}:
        return pl.lit(0)
    added = denominator // 2
    if Mode.HALF_EVEN in modes:
        is_down = (mode == Mode.HALF_EVEN) & (size // denominator % 2 == 0) & (denominator % 2 == 0)
        added = added - is_down
    if Mode.TRUNCATE in modes:
        added = pl.when(mode == Mode.TRUNCATE).then(0).otherwise(added)
    return added


def step_expression(
    *,
    numerator: pl.Expr,
    denominator: pl.Expr,
    step: pl.Expr,
    mode: pl.Expr,
    modes: frozenset[Mode] = ALL_MODES,
    strict: bool = True,
) -> pl.Expr:
    """A ratio brought to whole multiples of `step`, to Int64; all Int128.

    Beyond 64 bits it raises, or is null where not `strict`.
    """
    steps = ratio_expression(numerator=numerator, denominator=denominator * step, mode=mode, modes=modes)
    return (steps * step).cast(pl.Int64, strict=strict)
