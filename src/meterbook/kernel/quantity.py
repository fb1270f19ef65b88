"""Quantities in thousandths of their unit (m³, kWh, GJ, m²), unit prices in millionths of a currency unit."""

from meterbook.kernel import scaled

MILLI_DECIMALS = 3
MICRO_DECIMALS = 6
# Within these, quantity x price fits an amount of whole minor units into 64 bits for every currency.
LARGEST_QUANTITY_MILLI = 10**12
LARGEST_PRICE_MICRO = 10**12


class QuantityError(ValueError):
    """A quantity or price that can't be read; `code` says why."""

    def __init__(self, *, code: scaled.NumberFault, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail


def _parse(*, text: str, decimals: int, largest: int) -> int:
    try:
        value = scaled.parse(text=text, decimals=decimals)
    except scaled.NumberError as error:
        raise QuantityError(code=error.code, detail=repr(error.text)) from error
    if abs(value) > largest:
        raise QuantityError(code=scaled.NumberFault.OUT_OF_RANGE, detail=repr(text))
    return value


def parse_milli(text: str) -> int:
    """Read a quantity: "12.5" is 12500. At most three decimals and 10^9 units, else QuantityError."""
    return _parse(text=text, decimals=MILLI_DECIMALS, largest=LARGEST_QUANTITY_MILLI)


def format_milli(quantity_milli: int, *, grouping: bool = True) -> str:
    """Write a quantity without needless zeros: 12500 is "12.5", 1234000 is "1,234"."""
    return scaled.render(value=quantity_milli, decimals=MILLI_DECIMALS, grouping=grouping, trim_to=0)


def parse_micro(text: str) -> int:
    """Read a unit price: "0.4883" is 488300. At most six decimals and a million, else QuantityError."""
    return _parse(text=text, decimals=MICRO_DECIMALS, largest=LARGEST_PRICE_MICRO)


def format_micro(price_micro: int, *, decimals: int = 2) -> str:
    """Write a unit price with at least `decimals` decimals and as many as it needs: "4.07", "0.4883"."""
    return scaled.render(value=price_micro, decimals=MICRO_DECIMALS, grouping=True, trim_to=decimals)


def format_product(product_nano: int, *, decimals: int = 2) -> str:
    """Write an exact, unrounded product of milli quantity and micro price, with at least so many decimals."""
    return scaled.render(
        value=product_nano, decimals=MILLI_DECIMALS + MICRO_DECIMALS, grouping=True, trim_to=decimals
    )
