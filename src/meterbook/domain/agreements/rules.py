"""How accounts are numbered. Pure."""

from meterbook.kernel import numbering

RESIDENT_PREFIX = "1"
BUSINESS_PREFIX = "2"
ACCOUNT_NO_LENGTH = 20


def account_prefix(*, is_resident: bool) -> str:
    """What an account number begins with: residents have a series of their own."""
    return RESIDENT_PREFIX if is_resident else BUSINESS_PREFIX


def account_numbers(*, prefix: str, first: int, count: int) -> list[str]:
    """`count` account numbers from the running number `first` on. NumberingError past seven digits."""
    return [numbering.account_no(prefix, first + step) for step in range(count)]


def is_account_no(text: str) -> bool:
    """Whether a number kept from an older system can be one: letters, digits and hyphens, not too long."""
    is_plain = text.isascii() and text.replace("-", "").isalnum()
    return is_plain and len(text) <= ACCOUNT_NO_LENGTH
