"""How accounts are numbered and which states may follow which. Pure."""

import datetime
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from meterbook.domain.agreements.models import AccountState
from meterbook.kernel import numbering

RESIDENT_PREFIX = "1"
BUSINESS_PREFIX = "2"
ACCOUNT_NO_LENGTH = 20
STATION = "{station}"


class NumberFault(enum.StrEnum):
    """Why a number rule is refused."""

    PREFIX_NOT_PLAIN = "PREFIX_NOT_PLAIN"
    PREFIX_NEEDS_DIGITS = "PREFIX_NEEDS_DIGITS"
    PREFIX_BEGINS_WITH_ZERO = "PREFIX_BEGINS_WITH_ZERO"
    STATION_WITHOUT_DIGITS = "STATION_WITHOUT_DIGITS"
    TOO_LONG = "TOO_LONG"
    SERIES_USED_UP = "SERIES_USED_UP"


class NumberRuleError(ValueError):
    """A rule that gives no account numbers, or none any more."""

    def __init__(self, *, code: NumberFault, text: str) -> None:
        super().__init__(f"{code.value}: {text!r}")
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What account numbers look like: prefix, `digits` running digits, a check digit at the end or none.

    `prefix` may hold {station}, the digits of the station's code.
    """

    prefix: str
    digits: int = numbering.ACCOUNT_SEQUENCE_DIGITS
    has_check_digit: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers that begin alike and run on together: their form with the prefix of one station."""

    form: NumberFormat
    prefix: str


# is_resident -> the numbers a new company begins with
STANDARD_NUMBERS: Mapping[bool, NumberFormat] = {
    True: NumberFormat(prefix=RESIDENT_PREFIX),
    False: NumberFormat(prefix=BUSINESS_PREFIX),
}


def account_prefix(*, is_resident: bool) -> str:
    """What the standard account numbers begin with: residents have a series of their own."""
    return STANDARD_NUMBERS[is_resident].prefix


def rendered_prefix(*, form: NumberFormat, station_code: str) -> str:
    """The prefix of a station's numbers, checked. Raises NumberRuleError."""
    code = "".join(sign for sign in station_code if sign.isascii() and sign.isdigit())
    if STATION in form.prefix and not code:
        raise NumberRuleError(code=NumberFault.STATION_WITHOUT_DIGITS, text=station_code)
    prefix = form.prefix.replace(STATION, code)
    if prefix and not is_account_no(prefix):
        raise NumberRuleError(code=NumberFault.PREFIX_NOT_PLAIN, text=prefix)
    if form.has_check_digit:
        if not (prefix.isascii() and prefix.isdigit()):
            raise NumberRuleError(code=NumberFault.PREFIX_NEEDS_DIGITS, text=prefix)
        # the check digit doesn't see zeros in front
        if prefix.startswith("0"):
            raise NumberRuleError(code=NumberFault.PREFIX_BEGINS_WITH_ZERO, text=prefix)
    if len(prefix) + form.digits + form.has_check_digit > ACCOUNT_NO_LENGTH:
        raise NumberRuleError(code=NumberFault.TOO_LONG, text=prefix)
    return prefix


def account_numbers(*, form: NumberFormat, prefix: str, first: int, count: int) -> list[str]:
    """`count` account numbers from the running number `first` on; `prefix` is `rendered_prefix`.

    Raises NumberRuleError when the running digits don't hold the last of them.
    """
    if first + count - 1 >= 10**form.digits:
        raise NumberRuleError(code=NumberFault.SERIES_USED_UP, text=prefix)
    plain = (f"{prefix}{first + step:0{form.digits}d}" for step in range(count))
    return [numbering.with_check_digit(number) if form.has_check_digit else number for number in plain]


def is_account_no(text: str) -> bool:
    """Whether a number kept from an older system can be one: letters, digits and hyphens, not too long."""
    is_plain = text.isascii() and text.replace("-", "").isalnum()
    return is_plain and len(text) <= ACCOUNT_NO_LENGTH


_S = AccountState
# From where to where a person may bring an account by an act of its own. Closing has its own act, because
# money and readings go with it; so has opening again what was closed.
TRANSITIONS: Mapping[AccountState, frozenset[AccountState]] = {
    _S.POTENTIAL: frozenset({_S.NEW, _S.ACTIVE, _S.CLOSED}),
    _S.NEW: frozenset({_S.ACTIVE, _S.CLOSED}),
    _S.ACTIVE: frozenset({_S.SUSPENDED, _S.STOPPED, _S.DEMOLITION, _S.CLOSED}),
    _S.SUSPENDED: frozenset({_S.ACTIVE, _S.STOPPED, _S.DEMOLITION, _S.CLOSED}),
    _S.STOPPED: frozenset({_S.ACTIVE, _S.SUSPENDED, _S.DEMOLITION, _S.CLOSED}),
    _S.DEMOLITION: frozenset({_S.ACTIVE, _S.CLOSED}),
    _S.CLOSED: frozenset(),
}
# States that follow without a reason in words; every other step hurts somebody.
NEEDS_NO_REASON = frozenset({_S.NEW, _S.ACTIVE})


def may_become(*, state: AccountState, wanted: AccountState) -> bool:
    """Whether `wanted` may follow `state`."""
    return wanted in TRANSITIONS[state]


def is_supplied(*, state: AccountState) -> bool:
    """Whether supply flows in this state: meters are read and used."""
    return state in {_S.ACTIVE, _S.DEMOLITION, _S.STOPPED, _S.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a mixed use: its tariff and how it gets its quantity, as rating.columns.Split says."""

    tariff_id: int
    split: int
    split_value: int | None = None


class SharesFault(enum.StrEnum):
    """Why shares can't be those of one meter."""

    NONE_OR_ONE = "NONE_OR_ONE"
    TOO_MANY = "TOO_MANY"
    TARIFF_TWICE = "TARIFF_TWICE"
    VALUE_MISSING = "VALUE_MISSING"
    HIGHEST_NOT_ALONE = "HIGHEST_NOT_ALONE"
    MORE_THAN_ONE_REST = "MORE_THAN_ONE_REST"
    SHARES_ABOVE_WHOLE = "SHARES_ABOVE_WHOLE"
    SHARES_BELOW_WHOLE = "SHARES_BELOW_WHOLE"
    NOTHING_TAKES_THE_REST = "NOTHING_TAKES_THE_REST"
    REST_UNREACHED = "REST_UNREACHED"


class SharesError(ValueError):
    """Parts that don't sum to the whole in every case."""

    def __init__(self, *, code: SharesFault) -> None:
        super().__init__(code.value)
        self.code = code


REST, FIXED, SHARE, HIGHEST = 0, 1, 2, 3
WHOLE_PPM = 1_000_000
MOST_SHARES = 20


def check_shares(shares: Iterable[Share]) -> None:
    """Raise SharesError unless every quantity is shared out without anything left or missing.

    Either all parts are HIGHEST, or fixed quantities and shares with one rest, or shares that are a whole.
    """
    parts = list(shares)
    kinds = [part.split for part in parts]
    stated = sum(part.split_value or 0 for part in parts if part.split == SHARE)
    faults = {
        SharesFault.NONE_OR_ONE: len(parts) < 2,  # noqa: PLR2004 - one part is no mixed use
        SharesFault.TOO_MANY: len(parts) > MOST_SHARES,
        # tier counters are told apart by tariff
        SharesFault.TARIFF_TWICE: len({part.tariff_id for part in parts}) < len(parts),
        SharesFault.VALUE_MISSING: any(
            (part.split in {FIXED, SHARE}) != bool(part.split_value and part.split_value > 0)
            for part in parts
        ),
        SharesFault.HIGHEST_NOT_ALONE: HIGHEST in kinds and set(kinds) != {HIGHEST},
        SharesFault.MORE_THAN_ONE_REST: kinds.count(REST) > 1,
        SharesFault.SHARES_ABOVE_WHOLE: stated > WHOLE_PPM,
        SharesFault.SHARES_BELOW_WHOLE: SHARE in kinds and REST not in kinds and stated < WHOLE_PPM,
        SharesFault.REST_UNREACHED: SHARE in kinds and REST in kinds and stated == WHOLE_PPM,
        SharesFault.NOTHING_TAKES_THE_REST: not {REST, SHARE, HIGHEST} & set(kinds),
    }
    for code, is_wrong in faults.items():
        if is_wrong:
            raise SharesError(code=code)


def is_in_force(*, from_on: datetime.date, until_on: datetime.date | None, day: datetime.date) -> bool:
    """Whether [from_on, until_on) holds on a day; an empty end is open."""
    return from_on <= day and (until_on is None or day < until_on)
