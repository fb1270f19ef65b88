"""Identity numbers: the published vectors, the check digit, and what only warns."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.domain.customers import rules_identity
from meterbook.domain.customers.rules_identity import DocumentFault, DocumentKind
from meterbook.kernel import identifiers
from meterbook.kernel.identifiers import IdentifierFault, IdentifierWarning

TODAY = datetime.date(2026, 10, 20)
# GB 11643; synthetic or standard examples, no known person. The last one's region is newer than the birth.
RESIDENT_IDS = (
    "11010519491231002X",
    "110101190001010014",
    "440301200002291237",
    "650104198506308888",
    "310115200101010005",
    "230306196304054513",
)
# GB 32100; the sum of the last one is 0 modulo 31.
CREDIT_CODES = ("91110105MA00TEXT0W", "91350100M000100Y43", "121000004000000010", "91110105MA7HHGA760")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def check_sign(body: str) -> str:
    """The check sign by the standard's own table, apart from the library's sum."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True))
    return "10X98765432"[total % 11]


@pytest.mark.parametrize("number", RESIDENT_IDS)
def test_the_published_identity_numbers_are_right(number: str) -> None:
    found = identifiers.parse_resident_id(number)
    assert (found.number, found.modern) == (number, number)
    assert found.born_on == datetime.datetime.strptime(number[6:14], "%Y%m%d").date()  # noqa: DTZ007  # a day
    assert number not in repr(found)


def test_a_region_newer_than_the_birth_is_only_a_warning() -> None:
    assert identifiers.parse_resident_id("230306196304054513").warnings == (IdentifierWarning.UNKNOWN_REGION,)
    assert identifiers.parse_resident_id("11010519491231002X").warnings == ()


def test_an_old_number_is_kept_and_compared_by_its_new_form() -> None:
    found = identifiers.parse_resident_id("110105491231002")
    assert (found.number, found.modern) == ("110105491231002", "11010519491231002X")
    assert IdentifierWarning.OLD_FORM in found.warnings
    assert rules_identity.search_keys("110105491231002") == ("11010519491231002X", "110105491231002")


def test_full_width_signs_blanks_and_small_letters_are_read() -> None:
    assert identifiers.parse_resident_id(" １１０１０５ 19491231 002x").number == "11010519491231002X"
    assert identifiers.parse_credit_code("9135 0100 m000100y43") == "91350100M000100Y43"


@pytest.mark.parametrize("number", CREDIT_CODES)
def test_the_published_credit_codes_are_right(number: str) -> None:
    assert identifiers.parse_credit_code(number) == number


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("110105194912310021", IdentifierFault.WRONG_CHECK_DIGIT),
        ("1101051949123100", IdentifierFault.WRONG_LENGTH),
        ("", IdentifierFault.WRONG_LENGTH),
        ("1101051949123100²X", IdentifierFault.WRONG_SIGN),
        ("X10105194912310021", IdentifierFault.WRONG_SIGN),
        ("110105491331002", IdentifierFault.NO_SUCH_DAY),
    ],
)
def test_wrong_identity_numbers_are_refused_with_the_reason(number: str, fault: IdentifierFault) -> None:
    with pytest.raises(identifiers.IdentifierError) as refused:
        identifiers.parse_resident_id(number)
    assert refused.value.code is fault
    assert not number or number not in str(refused.value)


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("91350100M000100Y44", IdentifierFault.WRONG_CHECK_DIGIT),
        ("91350100I000100Y43", IdentifierFault.WRONG_SIGN),
        ("91350100M000100Y4", IdentifierFault.WRONG_LENGTH),
    ],
)
def test_wrong_credit_codes_are_refused_with_the_reason(number: str, fault: IdentifierFault) -> None:
    with pytest.raises(identifiers.IdentifierError) as refused:
        identifiers.parse_credit_code(number)
    assert refused.value.code is fault


@given(
    region=st.sampled_from(["110105", "310115", "440301", "999999"]),
    born_on=st.dates(min_value=datetime.date(1900, 1, 1), max_value=TODAY),
    order=st.integers(min_value=0, max_value=999),
)
def test_every_number_with_its_check_sign_is_right_and_with_another_is_not(
    region: str, born_on: datetime.date, order: int
) -> None:
    body = f"{region}{born_on:%Y%m%d}{order:03d}"
    right = check_sign(body)
    found = identifiers.parse_resident_id(body + right)
    assert (found.born_on, found.modern) == (born_on, body + right)
    for sign in set("0123456789X") - {right}:
        with pytest.raises(identifiers.IdentifierError):
            identifiers.parse_resident_id(body + sign)


@given(number=st.text(alphabet="0123456789X", min_size=0, max_size=24))
def test_a_masked_number_has_its_length_and_hides_its_middle(number: str) -> None:
    shown = identifiers.masked(number)
    assert len(shown) == len(number)
    assert set(shown[4:-4]) <= {"*"}
    assert len(number) > 8 or set(shown) <= {"*"}


def test_a_person_is_not_born_tomorrow() -> None:
    body = "11010520261021002"
    number = body + check_sign(body)
    with pytest.raises(rules_identity.DocumentError) as refused:
        rules_identity.check_number(kind=DocumentKind.RESIDENT_ID, number=number, today=TODAY)
    assert refused.value.code is DocumentFault.BORN_IN_FUTURE
    later = datetime.date(2026, 10, 21)
    checked = rules_identity.check_number(kind=DocumentKind.RESIDENT_ID, number=number, today=later)
    assert checked.number == number


def test_papers_without_a_check_digit_are_only_brought_to_one_form() -> None:
    checked = rules_identity.check_number(kind=DocumentKind.PASSPORT, number="e 1234-5678", today=TODAY)
    assert (checked.number, checked.key) == ("E12345678", "E12345678")
    with pytest.raises(rules_identity.DocumentError):
        rules_identity.check_number(kind=DocumentKind.PASSPORT, number="护照", today=TODAY)
