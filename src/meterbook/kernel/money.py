"""Money as whole minor units (fen, cents): read, written, shared out. The only place that knows the scale.

Amounts are plain `int` in minor units of one currency; `exponent` is the currency's number of decimals.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from meterbook.kernel import scaled

# ISO 4217: currencies by the decimals of their minor unit. A code that is not here is refused, not guessed.
_CODES_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
        CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
        HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL LVL MAD MDL MGA MKD MMK MNT MOP
        MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD
        SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS
        VES WST XCD YER ZAR ZMW
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_EXPONENTS = {code: exponent for exponent, codes in _CODES_BY_EXPONENT.items() for code in codes.split()}


class MoneyFault(StrEnum):
    """Why an amount can't be made."""

    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    NO_WEIGHT = "NO_WEIGHT"
    NEGATIVE_WEIGHT = "NEGATIVE_WEIGHT"


class MoneyError(ValueError):
    """An amount that can't be read or shared. `code` is a NumberFault or a MoneyFault."""

    def __init__(self, *, code: scaled.NumberFault | MoneyFault, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail


def exponent_of(currency: str) -> int:
    """Decimals of an ISO 4217 currency code; MoneyError for one this product doesn't know."""
    if currency not in _EXPONENTS:
        raise MoneyError(code=MoneyFault.UNKNOWN_CURRENCY, detail=repr(currency))
    return _EXPONENTS[currency]


def parse_minor(text: str, *, exponent: int = 2) -> int:
    """Read an amount in whole minor units: "1,234.5" is 123450. MoneyError for anything not exactly that."""
    try:
        return scaled.parse(text=text, decimals=exponent)
    except scaled.NumberError as error:
        raise MoneyError(code=error.code, detail=repr(error.text)) from error


def format_minor(amount_minor: int, *, exponent: int = 2, grouping: bool = True) -> str:
    """Write an amount with all its decimals: 123450 is "1,234.50", -5 is "-0.05"."""
    return scaled.render(value=amount_minor, decimals=exponent, grouping=grouping)


def to_decimal(amount_minor: int, *, exponent: int = 2) -> Decimal:
    """The same amount in whole units, exact; for spreadsheets and interfaces that want decimals."""
    return Decimal(scaled.render(value=amount_minor, decimals=exponent, grouping=False))


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` so that the parts sum to it exactly (largest remainder).

    Each part differs from its exact share by less than one. What is left over goes one by one to the largest
    remainders, and between equal remainders to the earlier place. A negative total is the mirror image.
    MoneyError when a weight is negative or all are zero (or there are none).
    """
    if any(weight < 0 for weight in weights):
        raise MoneyError(code=MoneyFault.NEGATIVE_WEIGHT, detail=repr(list(weights)))
    whole = sum(weights)
    if whole == 0:
        raise MoneyError(code=MoneyFault.NO_WEIGHT, detail=repr(list(weights)))
    size = abs(total)
    parts = [size * weight // whole for weight in weights]
    remainders = [size * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in by_remainder[: size - sum(parts)]:
        parts[place] += 1
    return [-part for part in parts] if total < 0 else parts
