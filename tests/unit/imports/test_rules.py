"""The small rules of an import: search keys, addresses, account numbers, headings, cells."""

import contextlib
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.application import customer_columns, sheet_columns
from meterbook.application.sheet_columns import CellError, Fault
from meterbook.domain.agreements import rules as agreements
from meterbook.domain.customers import rules as customers
from meterbook.domain.premises import rules as premises
from meterbook.kernel import numbering

PARTS = ("community", "building", "entrance", "floor", "flat_no")


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("张三丰", "zhangsanfeng", "zsf"),
        ("曾国藩", "zengguofan", "zgf"),
        ("单田芳", "shantianfang", "stf"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("重庆长江酒店", "chongqingchangjiangjiudian", "cqcjjd"),
        ("Li Lei", "lilei", "ll"),
        ("7天酒店", "7tianjiudian", "7tjd"),
        ("㐂", "㐂", "㐂"),
        ("", "", ""),
    ],
)
def test_names_are_found_by_their_pinyin(name: str, pinyin: str, initials: str) -> None:
    assert customers.search_keys(name) == customers.SearchKeys(pinyin=pinyin, initials=initials)


@given(st.text(max_size=200))
def test_search_keys_fit_their_columns_whatever_the_name(name: str) -> None:
    keys = customers.search_keys(name)
    assert len(keys.pinyin) <= customers.PINYIN_LENGTH
    assert len(keys.initials) <= customers.INITIALS_LENGTH


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        (dict(zip(PARTS, ("柳荫小区", "3", "2", "5", "501"), strict=True)), "柳荫小区3幢2单元501室"),
        ({"community": "柳荫小区", "building": "3号楼", "floor": "2"}, "柳荫小区3号楼2层"),
        ({"community": "老街12号"}, "老街12号"),
        ({"community": "东苑", "building": "A-1", "flat_no": "底商3号"}, "东苑A-1幢底商3号"),
        ({"district": "城东区", "street": "柳荫街", "community": "东苑", "flat_no": "1"}, "东苑1室"),
    ],
)
def test_addresses_are_written_as_people_do(parts: dict[str, str], address: str) -> None:
    assert premises.compose_address(premises.AddressParts(**parts)) == address


def test_account_numbers_of_residents_and_others_begin_differently_and_check() -> None:
    prefix = agreements.account_prefix(is_resident=True)
    form = agreements.STANDARD_NUMBERS[True]
    numbers = agreements.account_numbers(form=form, prefix=prefix, first=9, count=3)
    assert all(numbering.has_right_check_digit(number) for number in numbers)
    assert len(set(numbers)) == 3
    assert prefix != agreements.account_prefix(is_resident=False)


def test_no_heading_means_two_columns() -> None:
    names: dict[str, str] = {}
    for column in customer_columns.COLUMNS:
        own = {sheet_columns.folded(n) for n in (column.key, column.zh, column.en, *column.aliases)}
        for name in own:
            assert names.setdefault(name, column.key) == column.key


@pytest.mark.parametrize(
    "text",
    [
        "t2025-12-01",
        "t2025/12/1",
        "t2025.12.01",
        "t2025年12月1日",
        "t２０２５-１２-０１",
        "n20251201",
        "d2025-12-01",
    ],
)
def test_dates_that_mean_one_day(text: str) -> None:
    assert sheet_columns.date(text) == datetime.date(2025, 12, 1)


@pytest.mark.parametrize(
    "text", ["t1/12/2025", "n45992", "t2025-13-01", "t2025-02-29", "t251201", "d2025-12-01T08:00:00", "t今天"]
)
def test_dates_that_may_mean_another_or_none(text: str) -> None:
    with pytest.raises(CellError) as error:
        sheet_columns.date(text)
    assert error.value.code is Fault.NOT_A_DATE


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_quantities_are_read_exactly(milli: int) -> None:
    read = sheet_columns.milli(least=0, most=10**12 - 1)
    whole, part = divmod(milli, 1000)
    assert read(f"t{whole}.{part:03d}") == milli
    full_width = f"{whole}.{part:03d}".translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    assert read(f"t{full_width}") == milli


@given(st.text(max_size=30))
def test_no_text_makes_a_reader_fail_other_than_by_saying_so(text: str) -> None:
    for column in customer_columns.COLUMNS:
        for tag in "tnd":
            with contextlib.suppress(CellError):
                column.read(f"{tag}{text}")
