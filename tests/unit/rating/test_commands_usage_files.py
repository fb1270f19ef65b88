"""Usage files: every kind of file gives the same usages, and what can't be read is named, never guessed."""

import datetime as dt
import json
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from meterbook.interfaces.cli import console, tariff_choice, tongue, usage_files, usage_files_cells
from meterbook.interfaces.cli import usage_files_check as check
from meterbook.interfaces.cli import usage_files_columns as known
from meterbook.interfaces.cli import usage_files_faults as faults
from meterbook.kernel import scaled
from meterbook.rating import columns, document, engine
from tests.unit.rating import documents

ENGLISH = tongue.Tongue(tongue.Language.EN)
HEAD = "account,period_from,period_until,quantity,before"
GRADUATED = documents.component("WATER", documents.TIERS)
BANDED = documents.component("ENERGY", {"kind": "TIME_OF_USE", "prices": {"PEAK": "2", "VALLEY": "1"}})
AREA = documents.component("HEAT", {"kind": "AREA", "price": "20", "per": "PERIOD"}, tax_rate="exempt")


def tariffs(*documents_: dict[str, object]) -> tariff_choice.Tariffs:
    return tariff_choice.of_documents([document.parse(one) for one in documents_])


FLAT = tariffs(documents.whole(documents.component("WATER", documents.PER_UNIT), code="FLAT"))
TIERED = tariffs(documents.whole(GRADUATED, code="TIERED", tier_period="CALENDAR_YEAR"))
CHOOSING = tariffs(
    documents.whole(
        GRADUATED,
        documents.component("INS", {"kind": "PER_PERIOD", "price": "1"}, choice="INSURED"),
        programmes=[{"code": "LOW", "name": documents.NAME, "first_tier_only": True}],
    )
)
OLD_AND_NEW = {
    **documents.whole(code="CHANGING"),
    "versions": [
        {
            "effective_from": "2020-01-01",
            "effective_until": "2025-07-01",
            "components": [documents.component("WATER", documents.PER_UNIT)],
        },
        {"effective_from": "2025-07-01", "components": [documents.component("WATER", documents.PER_UNIT)]},
    ],
}
MIXED = tariffs(
    documents.whole(documents.component("WATER", documents.PER_UNIT), code="FLAT"),
    documents.whole(BANDED, code="BANDED", bands=documents.BANDS),
    documents.whole(
        documents.component("E", {"kind": "TIME_OF_USE", "prices": {"PEAK": "2", "VALLEY": "1"}}),
        code="TURNED",
        bands=documents.BANDS[::-1],
    ),
    documents.whole(AREA, code="HEATED", unit="m2"),
    OLD_AND_NEW,
)


def written(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "u.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def usages(path: Path, of: tariff_choice.Tariffs = FLAT) -> check.Usages:
    return check.usages(check.read(path, tariffs=[of], tongue=ENGLISH), of)


def said(found: check.Usages) -> list[str]:
    """Every fault in words."""
    return [faults.sentence(row, tongue=ENGLISH) for row in found.faults.sort("row").iter_rows(named=True)]


def said_of(folder: Path, text: str, of: tariff_choice.Tariffs = FLAT) -> list[str]:
    return said(usages(written(folder, text), of))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = f"{HEAD},class\n户001,2025-01-01,2025-02-01,12.5,0,居民\n"
    frame = usages(written(tmp_path, text, encoding=encoding)).frame
    assert frame.select("account", "class", "quantity_milli").row(0) == ("户001", "居民", 12500)


def test_tabs_blank_lines_and_blank_rows_keep_the_row_numbers(tmp_path: Path) -> None:
    text = f"{HEAD}\r\n\r\n1,2025-01-01,2025-02-01,1,0\r\n,,,,\r\n   \r\n2,2025-01-01,2025-02-01,x,0\r\n"
    assert said_of(tmp_path, text.replace(",", "\t")) == ["Row 6: quantity 'x': not a number"]


def test_a_cell_may_hold_commas_quotes_and_line_ends(tmp_path: Path) -> None:
    text = f'{HEAD}\n"a, ""b""",2025-01-01,2025-02-01,"1,234.5",0\n"c\nd",2025-01-01,2025-02-01,1,x\n'
    found = usages(written(tmp_path, text))
    assert found.frame["account"][0] == 'a, "b"'
    assert found.frame["quantity_milli"][0] == 1_234_500
    assert said(found) == [
        "Row 3: account 'c\\nd': holds an invisible sign; type it again",
        "Row 3: before 'x': not a number",
    ]


def test_rows_of_another_width_are_named(tmp_path: Path) -> None:
    text = f"{HEAD}\n1,2025-01-01,2025-02-01,1,0,9\n2,2025-01-01\n3,2025-01-01,2025-02-01,1,0\n"
    assert said_of(tmp_path, text) == [
        "Row 2: the row has not as many cells as the headings: 6 / 5",
        "Row 3: the row has not as many cells as the headings: 2 / 5",
    ]


def test_json_keeps_the_digits(tmp_path: Path) -> None:
    item = '{"account": "007", "period_from": "2025-01-01", "period_until": "2025-02-01", "quantity": %s}'
    path = written(tmp_path, f"[{item % '0.1'}, {item % '12'}]", name="u.json")
    frame = usages(path).frame
    assert frame["quantity_milli"].to_list() == [100, 12_000]
    assert frame["account"].to_list() == ["007", "007"]
    assert frame["row"].to_list() == [1, 2]


def test_json_lists_are_choices(tmp_path: Path) -> None:
    item = {
        "account": "1",
        "period_from": "2025-01-01",
        "period_until": "2025-02-01",
        "quantity": 1,
        "choices": ["LOW", "INSURED"],
    }
    path = written(tmp_path, json.dumps([item, {**item, "choices": "LOW; INSURED"}]), name="u.json")
    found = usages(path, CHOOSING)
    assert found.frame["choices"].to_list() == [["LOW", "INSURED"]] * 2
    assert found.faults.is_empty()


def test_a_choice_no_tariff_knows_is_named(tmp_path: Path) -> None:
    rows = "1,2025-01-01,2025-02-01,1,0,LOW;INSURD\n2,2025-01-01,2025-02-01,1,0,\n"
    assert said_of(tmp_path, f"{HEAD},choices\n{rows}", CHOOSING) == [
        "Row 2: choices 'INSURD': no tariff knows this; there are: LOW, INSURED"
    ]


def test_what_is_no_value_in_json_is_named(tmp_path: Path) -> None:
    item = {
        "account": True,
        "period_from": "2025-01-01",
        "period_until": "2025-02-01",
        "quantity": {"peak": 1},
    }
    assert said(usages(written(tmp_path, json.dumps([item, 7]), name="u.json"))) == [
        "Row 1: account 'True': must be one text or number",
        """Row 1: quantity "{'peak': '1'}": must be one text or number""",
        "Row 2: '7': not an object of names and values",
    ]


def workbook(path: Path, *rows: Sequence[object]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if isinstance(value, dt.date):
                    page.write_datetime(y, x, dt.datetime.combine(value, dt.time()), day)
                else:
                    page.write(y, x, value)
    return path


def test_a_workbook_gives_the_same(tmp_path: Path) -> None:
    first, last = dt.date(2025, 1, 1), dt.date(2025, 2, 1)
    path = workbook(
        tmp_path / "u.xlsx",
        [*HEAD.split(","), "# note"],
        ["00123", first, last, 0.1 + 0.2, 0, "anything"],
        [4711, first, "2025/2/1", 35.5, 290],
        [],
        ["007", first, last, 10, "x"],
    )
    found = usages(path)
    assert found.frame["account"].to_list() == ["00123", "4711", "007"]
    assert found.frame["quantity_milli"].to_list() == [
        300,
        35_500,
        10_000,
    ]  # as Excel shows 0.30000000000000004
    assert found.frame["period_until"].to_list() == [last] * 3
    assert said(found) == ["Row 5: before 'x': not a number"]


def test_what_excel_has_spoilt_is_refused(tmp_path: Path) -> None:
    first, last = dt.date(2025, 1, 1), dt.date(2025, 2, 1)
    path = workbook(
        tmp_path / "u.xlsx",
        HEAD.split(","),
        [1234567890123456789, first, last, "=1+1", 0],
        [12.5, 45658, last, True, 0],
        [first, first, last, 1, 0],
    )
    assert said(usages(path)) == [
        "Row 2: quantity: holds a formula; paste its value",
        "Row 2: account '1.234567890123457e+18': Excel has lost digits; type it as text",
        "Row 3: account '12.5': Excel has lost digits; type it as text",
        "Row 3: period_from '45658': not a date like 2025-12-31",
        "Row 3: quantity 'TRUE': not a number",
        "Row 4: account '2025-01-01': Excel has lost digits; type it as text",
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("u.csv", b"", "the file is empty"),
        ("u.csv", HEAD.encode(), "there are no rows"),
        ("u.csv", b"\xff\xff\xff", "neither UTF-8 nor GB18030 text"),
        ("u.json", b"[1, 2", "Expecting"),
        ("u.json", b'{"account": "1"}', "not a list of objects"),
        ("u.json", b'[{"account": "1", "account": "2"}]', "'account': 2 x"),
        ("u.xlsx", b"PK\x03\x04 and nothing", "UNREADABLE"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(console.CommandError, match=message) as caught:
        usage_files.read(path, tongue=ENGLISH)
    assert caught.value.exit_code == console.WRONG_USE


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(console.CommandError, match="can't be read"):
        usage_files.read(tmp_path / "none.csv", tongue=ENGLISH)


def test_headings_are_known_or_named_with_the_nearest(tmp_path: Path) -> None:
    text = "acount,quantity_PEEK,Quantity,xxxxxxxxx,account,account,# mine\n1,2,3,4,5,6,7\n"
    with pytest.raises(console.CommandError) as caught:
        usages(written(tmp_path, text), MIXED)
    assert str(caught.value).splitlines()[1:] == [
        "  no column is called acount; is it account?",
        "  no column is called quantity_PEEK; is it quantity_PEAK?",
        "  no column is called Quantity; is it quantity?",
        "  no column is called xxxxxxxxx; put # before it to have it ignored",
        "  column account stands there twice",
    ]


def test_required_columns(tmp_path: Path) -> None:
    with pytest.raises(console.CommandError, match="column period_until is missing"):
        usages(written(tmp_path, "account,period_from\n1,2025-01-01\n"))


def test_every_unreadable_cell_is_named(tmp_path: Path) -> None:
    text = (
        f"{HEAD},persons,calibre,tier_used,choices,paid_on,split\n"
        "1,2025-02-30,2025-02-01,1.2345,0,x,2.5,1;b,,31.12.2025,\n"
        "1.2E+15,2025-01-01,2025-02-01,12a,,-1,99999,1;2.0001,,,SOME\n"
        ",2025-01-01,2025-02-01,99999999999999,0,,,9999999999,,,\n"
    )
    assert said_of(tmp_path, text) == [
        "Row 2: period_from '2025-02-30': not a date like 2025-12-31",
        "Row 2: quantity '1.2345': more than 3 decimals",
        "Row 2: persons 'x': not a number",
        "Row 2: calibre '2.5': not a whole number",
        "Row 2: tier_used '1;b': not a number",
        "Row 2: paid_on '31.12.2025': not a date like 2025-12-31",
        "Row 3: account '1.2E+15': Excel has lost digits; type it as text",
        "Row 3: quantity '12a': not a number",
        "Row 3: before: must be filled in",
        "Row 3: persons '-1': must be within 0 – 10,000",
        "Row 3: calibre '99999': must be within 0 – 10,000",
        "Row 3: tier_used '1;2.0001': more than 3 decimals",
        "Row 3: split 'SOME': must be one of: REST, FIXED, SHARE, HIGHEST",
        "Row 4: account: must be filled in",
        "Row 4: quantity '99999999999999': must be within -1,000,000,000 – 1,000,000,000",
        "Row 4: tier_used '9999999999': must be within 0 – 1,000,000,000",
    ]


def test_only_the_first_faults_are_looked_into_but_all_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{number},2025-01-01,2025-02-01,x,0\n" for number in range(120))
    found = usages(written(tmp_path, f"{HEAD}\n{rows}"))
    error = faults.refuse(found.faults, tongue=ENGLISH)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Row 2: quantity 'x': not a number"
    assert lines[faults.SHOWN_FAULTS :] == ["… and 70 more"]
    assert str(error) == "Faulty rows: 120, faults: 120. Nothing was rated."
    assert error.exit_code == console.WRONG_USE


NUMBERS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{0,12}(,[0-9]{2,3}){0,2}(\.[0-9]{0,5})?", fullmatch=True),
    st.decimals(min_value=-(10**10), max_value=10**10, allow_nan=False).map(str),
    st.text(alphabet="0123456789.,+-eE １２.", max_size=12),
)


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.sampled_from([0, 3, 4, 6]))
def test_a_column_reads_numbers_as_the_kernel_does(texts: list[str], decimals: int) -> None:
    column = known.Column(
        name="n", target="n", form=known.Form.NUMBER, decimals=decimals, least=-(10**15), most=10**15
    )
    stripped = [text.strip() or None for text in texts]
    cells = pl.DataFrame({"n": stripped, known.ROW: range(len(texts))}, schema_overrides={"n": pl.String})
    found = usage_files_cells.read(cells, column)
    expected = []
    for text in stripped:
        try:
            value = scaled.parse(text=half_width(text or ""), decimals=decimals)
        except scaled.NumberError:
            value = 10**18
        expected.append(value if abs(value) <= 10**15 else None)
    assert found.values.to_list() == expected
    assert found.faults.height == sum(
        text is not None and value is None for text, value in zip(stripped, expected, strict=True)
    )


def half_width(text: str) -> str:
    return text.translate({0xFF10 + digit: str(digit) for digit in range(10)} | {0x3000: " "}).strip()


def test_full_width_digits_are_digits(tmp_path: Path) -> None:
    text = f"{HEAD}\n1,２０２５-０１-０１,2025年2月1日,１２．５,0\n"
    frame = usages(written(tmp_path, text)).frame
    assert frame.select("period_from", "period_until", "quantity_milli").row(0) == (
        dt.date(2025, 1, 1),
        dt.date(2025, 2, 1),
        12_500,
    )


def test_the_version_is_that_of_the_last_day(tmp_path: Path) -> None:
    head = f"{HEAD},tariff"
    rows = (
        "a,2025-06-01,2025-07-01,1,0,CHANGING\n"
        "b,2025-06-02,2025-07-02,1,0,CHANGING\n"
        "c,2019-06-02,2019-07-02,1,0,CHANGING\n"
        "d,2025-06-02,2025-07-02,1,0,NONE\n"
        "e,2025-06-02,2025-07-02,1,0,\n"
        "f,2025-06-02,2025-07-02,1,0,FLAT\n"
    )
    found = usages(written(tmp_path, f"{head}\n{rows}"), MIXED)
    ids = dict(zip(found.frame["account"], found.frame["tariff_version_id"], strict=True))
    changing = [
        number for number, entry in enumerate(MIXED.entries, start=1) if entry.document.code == "CHANGING"
    ]
    assert (ids["a"], ids["b"]) == tuple(changing)
    assert ids["f"] == 1
    assert said(found) == [
        "Row 4: period_until '2019-07-02': the tariff CHANGING has no version on the last day of supply",
        f"Row 5: tariff 'NONE': no tariff file has this code; there are: {', '.join(MIXED.codes)}",
        "Row 6: tariff: must be filled in",
    ]


def test_bands_are_those_of_each_tariff_and_sum_to_the_quantity(tmp_path: Path) -> None:
    text = (
        "account,period_from,period_until,tariff,quantity,quantity_PEAK,quantity_VALLEY,before_PEAK\n"
        "a,2025-01-01,2025-02-01,BANDED,,1.5,2,7\n"
        "b,2025-01-01,2025-02-01,TURNED,,1.5,2,7\n"
        "c,2025-01-01,2025-02-01,FLAT,,1.5,,\n"
        "d,2025-01-01,2025-02-01,BANDED,9,1.5,2,\n"
    )
    found = usages(written(tmp_path, text), MIXED)
    by_account = {row["account"]: row for row in found.frame.iter_rows(named=True)}
    assert by_account["a"]["quantity_milli"] == 3500
    assert (by_account["a"]["band_1_milli"], by_account["a"]["band_2_milli"]) == (1500, 2000)
    assert (by_account["b"]["band_1_milli"], by_account["b"]["band_2_milli"]) == (2000, 1500)
    assert (by_account["a"]["band_1_before_milli"], by_account["b"]["band_2_before_milli"]) == (7000, 7000)
    assert said(found) == [
        "Row 4: quantity_PEAK: the tariff FLAT has no such band",
        "Row 4: quantity: must be filled in",
    ]
    right = text.replace("c,2025-01-01,2025-02-01,FLAT,,1.5,,\n", "")
    assert said_of(tmp_path, right, MIXED) == [
        "Row 4: the quantities of the bands must all be there and sum to the quantity of the row"
    ]


def test_the_quantity_may_be_left_out_only_where_nothing_is_charged_by_it(tmp_path: Path) -> None:
    text = (
        "account,period_from,period_until,tariff,area\n"
        "a,2025-01-01,2025-02-01,HEATED,80.5\nb,2025-01-01,2025-02-01,FLAT,\n"
    )
    found = usages(written(tmp_path, text), MIXED)
    assert found.frame["quantity_milli"].to_list() == [0, None]
    assert found.frame["area_milli"].to_list() == [80_500, None]
    assert said(found) == ["Row 3: quantity: must be filled in"]


def test_parts_of_a_usage_stand_together(tmp_path: Path) -> None:
    head = f"{HEAD},part,split,split_value"
    same = "2025-01-01,2025-02-01,10,0"
    rows = (
        f"a,{same},1,FIXED,2.5\nb,{same},,,\na,{same},2,rest,\nc,{same},1,SHARE,33.3333\nc,{same},2,REST,\n"
    )
    frame = usages(written(tmp_path, f"{head}\n{rows}")).frame.sort("row")
    assert frame["usage_id"].to_list() == [2, 3, 2, 5, 5]
    assert frame["split"].to_list() == [1, None, 0, 2, 0]
    assert frame["split_value"].to_list() == [2500, None, None, 333_333, None]


def test_what_is_wrong_with_parts(tmp_path: Path) -> None:
    head = f"{HEAD},part,split,split_value"
    same = "2025-01-01,2025-02-01,10,0"
    ends = (",FIXED,1", "1,FIXED,", "1,SHARE,101", "1,REST,5", "1,SHARE,1.00001")
    rows = "".join(f"{place},{same},{end}\n" for place, end in enumerate(ends))
    assert said_of(tmp_path, f"{head}\n{rows}") == [
        "Row 2: split: needs the number of the part in column part",
        "Row 3: split_value: must be filled in",
        "Row 4: split_value '101': must be within 0 – 100",
        "Row 5: split_value '5': only FIXED and SHARE have a value",
        "Row 6: split_value '1.00001': more than 4 decimals",
    ]
    twice = f"{head}\na,{same},1,FIXED,1\na,{same},1,REST,\n"
    assert said_of(tmp_path, twice) == ["Row 2: this part of the usage stands there twice"]


def test_what_the_engine_refuses_is_said_with_the_row(tmp_path: Path) -> None:
    text = f"{HEAD}\na,2025-01-01,2025-02-01,1,0\nb,2025-02-01,2025-01-01,1,0\nc,2025-01-01,2025-02-01,-1,0\n"
    assert said_of(tmp_path, text) == [
        "Row 3: the period must end after it begins and be no longer than ten years",
        "Row 4: the running total of the tier period would fall below zero",
    ]


def test_every_column_of_the_engine_can_be_written() -> None:
    targets = {column.target for column in known.COLUMNS}
    bands = {name for name in columns.USAGE_MORE.columns if name.startswith("band_")}
    made = {"usage_id", "tariff_version_id", *bands}
    assert {*columns.USAGE.columns, *columns.USAGE_MORE.columns} - made <= targets


def test_every_reason_has_words_in_both_languages() -> None:
    codes = {code.value for code in (*faults.FaultCode, *engine.UnratableCode)}
    assert codes == set(faults.REASONS)
    for code in codes:
        for language in tongue.Language:
            said_ = faults.reason(code, fact="7", tongue=tongue.Tongue(language))
            assert said_
            assert said_ != code


def test_the_reference_lists_every_column() -> None:
    path = Path(__file__).resolve().parents[3] / "docs" / "reference" / "usage-file.md"
    listed: set[str] = set()
    for line in path.read_text(encoding="utf-8").partition("## What comes out")[0].splitlines():
        if line.startswith("| `"):
            listed.update(re.findall(r"`([^`]+)`", line.split("|")[1]))
    of_splits = set(known.SPLITS)
    bands = {f"{known.QUANTITY_OF}<BAND>", f"{known.BEFORE_OF}<BAND>"}
    assert listed == set(known.BY_NAME) | bands | of_splits
