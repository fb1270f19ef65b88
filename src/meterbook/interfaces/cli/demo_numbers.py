"""Invented numbers for the demo's records that pass their checks and are nobody's.

Identity numbers are of people born in 1900, credit codes of organisations whose own code is all zeros but its
end, phone numbers have 0000 in their middle.
"""

from stdnum.cn import ric, uscc


def resident_id(number: int) -> str:
    """The identity number of somebody born on a day of 1900."""
    body = f"1101051900{1 + number % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    return body + ric.calc_check_digit(f"{body}0")


def credit_code(number: int) -> str:
    """The unified social credit code of an enterprise that doesn't exist."""
    body = f"91110105{number:09d}"
    return body + uscc.calc_check_digit(f"{body}0")


def phone(number: int) -> str:
    """A mobile number that isn't given out."""
    return f"1390000{number:04d}"
