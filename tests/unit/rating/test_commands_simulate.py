"""`meterbook tariff simulate`: the same usages under two tariffs; tables, workbook and chart say the same."""

import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
import python_calamine
import xlsxwriter
from typer.testing import Result

from meterbook.interfaces.cli import console, sheet_rows, svg_drawing, tariff_simulate, tongue
from meterbook.interfaces.cli import tariff_simulate_tables as tables
from tests.unit.rating import command_samples as samples
from tests.unit.rating import documents

SVG = "{http://www.w3.org/2000/svg}"
# 31 days of 2025: the account pays 2.07 in tier 1 and 4.07 in tier 2, and 1.57 for sewage
ROWS = ("007,20,170,HOME", "008,10,0,HOME", "009,0,0,SHOP", "007,5,190,HOME", "<&>,10,0,")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return samples.tariff_file(
        tmp_path, samples.WATER, samples.SEWAGE, name="old.yaml", tier_period="CALENDAR_YEAR"
    )


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Tier 1 dearer by 0.03, tier 2 cheaper by 1."""
    tiers = [{"until": "180", "price": "2.10"}, {"until": "260", "price": "3.07"}, {"price": "6.07"}]
    return samples.tariff_file(
        tmp_path,
        {**samples.WATER, "tiers": tiers},
        samples.SEWAGE,
        name="new.yaml",
        tier_period="CALENDAR_YEAR",
    )


@pytest.fixture
def usage(tmp_path: Path) -> Path:
    return samples.usage_file(tmp_path, *ROWS, more=",class")


def simulated(old: Path, new: Path, usage: Path, *more: object) -> Result:
    return samples.call(
        tariff_simulate.app, "--from", old, "--to", new, "--usage", usage, "--language", "en", *more
    )


def cells(stdout: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in stdout.splitlines()
        if line.startswith("│")
    ]


def test_the_tables(old: Path, new: Path, usage: Path) -> None:
    result = simulated(old, new, usage)
    assert result.exit_code == 0, result.output
    found = cells(result.stdout)
    # before: 92.80 + 36.40 + 0 + 28.20 + 36.40; after: tier 1 10 x 0.03 and tier 2 10 x -1 and 5 x -1
    assert found[:8] == [
        ["Revenue before", "193.80", "", "", ""],
        ["Revenue after", "179.70", "", "", ""],
        ["Change of revenue", "-14.10", "", "-7.28 %", ""],
        ["Usages", "", "5", "", ""],
        ["Accounts", "", "4", "", ""],
        ["Pay less", "", "1", "", "25.00 %"],
        ["Pay more", "", "2", "", "50.00 %"],
        ["Pay the same", "", "1", "", "25.00 %"],
    ]
    assert found[8:11] == [
        ["HOME", "2", "3", "157.40", "143.00", "-14.40", "-9.15 %", "1", "1", "0"],
        ["SHOP", "1", "1", "0.00", "0.00", "0.00", "", "0", "0", "1"],
        ["", "1", "1", "36.40", "36.70", "0.30", "+0.82 %", "0", "1", "0"],
    ]
    assert found[11:14] == [
        ["WATER", "Water", "1", "", "30", "30", "62.10", "63.00", "0.90", "+1.45 %"],
        ["WATER", "Water", "2", "", "15", "15", "61.05", "46.05", "-15.00", "-24.57 %"],
        ["SEWAGE", "Sewage", "", "", "45", "45", "70.65", "70.65", "0.00", "0.00 %"],
    ]
    assert ["007", "HOME", "2", "121.00", "106.30", "-14.70", "-12.15 %"] in found


def test_a_usage_may_be_rated_by_the_prices_of_a_day(tmp_path: Path, usage: Path) -> None:
    whole = documents.whole(samples.SEWAGE)
    first = {"effective_from": "2020-01-01", "effective_until": "2026-01-01", "components": [samples.SEWAGE]}
    later = {"effective_from": "2026-01-01", "components": [{**samples.SEWAGE, "price": "2"}]}
    path = samples.written(tmp_path, {**whole, "versions": [first, later]}, name="two.yaml")
    same = cells(simulated(path, path, usage).stdout)
    assert same[2][1] == "0.00"
    result = simulated(path, path, usage, "--on", "2026-01-01")
    assert cells(result.stdout)[2][1] == "19.35"  # 45 m3 at 0.43 more
    assert "After: Name [SAMPLE], prices of 2026-01-01" in result.stdout
    back = simulated(path, path, usage, "--from-on", "2026-01-01")
    assert cells(back.stdout)[2][1] == "-19.35"
    none = simulated(path, path, usage, "--on", "2019-01-01")
    assert str(none.exception) == "SAMPLE has no version on 2019-01-01."
    no_day = simulated(path, path, usage, "--on", "soon")
    assert isinstance(no_day.exception, console.CommandError)
    assert no_day.exception.exit_code == console.WRONG_USE


def test_faults_are_listed_once_and_nothing_is_rated(old: Path, new: Path, tmp_path: Path) -> None:
    usage = samples.usage_file(tmp_path, "1,x,0", "2,1,0")
    report = tmp_path / "r.xlsx"
    result = simulated(old, new, usage, "--output", report)
    assert result.stderr.splitlines() == ["Row 2: quantity 'x': not a number"]
    assert isinstance(result.exception, console.CommandError)
    assert result.exception.exit_code == console.WRONG_USE
    assert not report.exists()


def test_one_tariff_may_be_named_by_its_old_or_new_code(old: Path, tmp_path: Path) -> None:
    new = samples.tariff_file(tmp_path, samples.SEWAGE, name="n.yaml", code="NEW")
    usage = samples.usage_file(tmp_path, "1,1,0,SAMPLE", "2,1,0,NEW", "3,1,0,", more=",tariff")
    assert simulated(old, new, usage).exit_code == 0
    other = samples.usage_file(tmp_path, "1,1,0,OTHER", more=",tariff")
    assert "no tariff file has this code" in simulated(old, new, other).stderr


def test_several_tariffs_are_compared_by_code(old: Path, new: Path, tmp_path: Path) -> None:
    other = samples.tariff_file(tmp_path, samples.SEWAGE, name="o.yaml", code="OTHER")
    usage = samples.usage_file(tmp_path, "1,20,170,SAMPLE", "2,1,0,OTHER", more=",tariff")
    more = ("--from", other, "--to", other)
    assert cells(simulated(old, new, usage, *more).stdout)[2][1] == "-9.70"
    odd = simulated(old, new, usage, "--from", other)
    assert str(odd.exception) == (
        "Several tariffs are compared by their codes; these stand on one side only: OTHER"
    )


def test_only_one_currency_can_be_compared(old: Path, usage: Path, tmp_path: Path) -> None:
    yen = samples.tariff_file(tmp_path, samples.SEWAGE, name="j.yaml", currency="JPY")
    assert "several currencies: CNY, JPY" in str(simulated(old, yen, usage).exception)


def test_usages_are_rated_in_chunks_that_keep_parts_together(
    old: Path, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = [f"{number},{number},0,1,FIXED,2" for number in range(2, 9)]
    second = [f"{number},{number},0,2,REST," for number in range(2, 9)]
    usage = samples.usage_file(tmp_path, *first, *second, more=",part,split,split_value")
    whole = simulated(old, new, usage).stdout
    monkeypatch.setattr(tariff_simulate, "CHUNK", 3)
    assert simulated(old, new, usage).stdout == whole


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = python_calamine.CalamineWorkbook.from_path(path)
    return {name: list(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names}


def test_the_workbook_says_the_same_in_numbers(old: Path, new: Path, usage: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    result = simulated(old, new, usage, "--output", path)
    assert result.exit_code == 0, result.output
    found = sheets(path)
    assert list(found) == [
        *("Summary", "By class", "By tier", "Deciles", "Pay most more", "Save most", "All accounts"),
    ]
    assert found["Summary"][4:7] == [
        ["Revenue before", 193.80, "", "", ""],
        ["Revenue after", 179.70, "", "", ""],
        ["Change of revenue", -14.10, "", -0.0728, ""],
    ]
    accounts = found["All accounts"]
    assert accounts[0][:2] == ["Account", "Customer class"]
    assert accounts[1:] == [
        ["008", "HOME", 1, 36.40, 36.70, 0.30, 0.0082],
        ["<&>", "", 1, 36.40, 36.70, 0.30, 0.0082],
        ["009", "SHOP", 1, 0, 0, 0, ""],
        ["007", "HOME", 2, 121.0, 106.3, -14.7, -0.1215],
    ]
    assert all(isinstance(row[0], str) for row in accounts)


def test_the_workbook_in_chinese(old: Path, new: Path, usage: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    simulated(old, new, usage, "--output", path, "--language", "zh")
    found = sheets(path)
    assert all(re.search(r"[\u4e00-\u9fff]", name) for name in found)
    assert all(re.search(r"[\u4e00-\u9fff]", str(row[0])) for row in found[next(iter(found))] if row[0])


def test_what_a_sheet_cannot_hold_is_said(
    old: Path, new: Path, usage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_rows, "MOST_ROWS", 3)
    path = tmp_path / "r.xlsx"
    simulated(old, new, usage, "--output", path)
    found = sheets(path)
    assert len(found["All accounts"]) == 3
    notes = [str(row[0]) for row in found["Summary"]]
    assert "All accounts: a sheet holds 2 of the 4 accounts, those who pay most more first." in notes


def test_the_workbook_is_whole_and_has_charts_of_its_own(
    old: Path, new: Path, usage: Path, tmp_path: Path
) -> None:
    path = tmp_path / "r.xlsx"
    simulated(old, new, usage, "--output", path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        last = archive.read("xl/worksheets/sheet7.xml").decode()
    assert {"xl/charts/chart1.xml", "xl/charts/chart2.xml"} <= set(names)
    assert '<dimension ref="A1:G5"/>' in last
    ElementTree.fromstring(last)  # noqa: S314 -- our own


def test_many_rows_go_into_a_sheet_in_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sheet_rows, "_CHUNK", 7)
    path = tmp_path / "p.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("first").write_string(0, 0, "untouched")
        page = book.add_worksheet("second")
        for x in range(2):
            page.write_string(0, x, "heading")
            page.write_string(1, x, "pattern", book.add_format({"bold": True}))
    texts = [f'{number} <&> "x" ' if number % 5 else None for number in range(50)]
    frame = pl.DataFrame({"text": texts, "number": [f"{number}.50" for number in range(50)]})
    filled = sheet_rows.filled(
        path.read_bytes(), sheet_no=2, cells=sheet_rows.Cells(frame=frame, is_text=(True, False))
    )
    path.write_bytes(filled)
    found = sheets(path)
    assert found["first"] == [["untouched"]]
    assert found["second"] == [
        ["heading", "heading"],
        *([text or "", number + 0.5] for number, text in enumerate(texts)),
    ]


def test_the_chart_is_a_picture_without_script(old: Path, new: Path, usage: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.svg"
    result = simulated(old, new, usage, "--chart", path)
    assert result.exit_code == 0, result.output
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314 -- our own
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg",
        "title",
        "rect",
        "line",
        "text",
    }
    assert "href" not in text
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert "Change of revenue: -14.10 CNY (-7.28 %)" in words
    assert {"193.80", "179.70", "HOME", "-14.70"} <= set(words)


def test_many_classes_and_large_sums_still_fit_the_picture(old: Path, new: Path, tmp_path: Path) -> None:
    rows = [f"{number},{number}000000,0,CLASS{number}" for number in range(1, 9)]
    usage = samples.usage_file(tmp_path, *rows, more=",class")
    path = tmp_path / "c.svg"
    simulated(old, new, usage, "--chart", path)
    words = [element.text for element in ElementTree.parse(path).iter(f"{SVG}text")]  # noqa: S314 -- our own
    assert words.count("Others") == 1
    assert {f"CLASS{number}" for number in range(3, 9)} <= set(words)
    assert not {"CLASS1", "CLASS2"} & set(words)
    # 36 million at 6.07 + 1.57, less 880 for the cheaper tiers of each of the eight
    assert "275.03 m" in words
    simulated(old, new, usage, "--chart", path, "--language", "zh")
    assert "2.75 亿" in [element.text for element in ElementTree.parse(path).iter(f"{SVG}text")]  # noqa: S314 -- our own


def test_an_amount_that_is_too_large_is_a_fault_of_its_row(tmp_path: Path) -> None:
    huge = documents.component("HUGE", {"kind": "CAPACITY", "price": "1000000"})
    tariff = samples.tariff_file(tmp_path, huge, currency="KWD")
    usage = samples.usage_file(tmp_path, "1,0,0,1,1", "2,0,0,1000000,10000", more=",capacity,months")
    result = simulated(tariff, tariff, usage)
    assert result.stderr.splitlines()[0] == "Row 3: the amount is too large to be kept"


def test_a_report_that_cannot_be_written(old: Path, new: Path, usage: Path, tmp_path: Path) -> None:
    result = simulated(old, new, usage, "--chart", tmp_path / "none" / "c.svg")
    assert isinstance(result.exception, console.CommandError)
    assert "can't be written" in str(result.exception)


def bars(values: tuple[int, ...]) -> list[tuple[int, int]]:
    """Top and bottom of the bar of each value, in pixels."""
    series = svg_drawing.Series(
        name="n", color="#111111", below_zero="#222222", values=values, texts=tuple(map(str, values))
    )
    panel = svg_drawing.Panel(
        title="t",
        labels=tuple(map(str, values)),
        series=(series,),
        tick=str,
        left=0,
        top=0,
        width=500,
        height=400,
    )
    root = ElementTree.fromstring(  # noqa: S314 -- our own
        svg_drawing.document(width=500, height=400, title="t", notes=[], panels=[panel])
    )
    found = [element for element in root.iter(f"{SVG}rect") if element.get("fill") in {"#111111", "#222222"}]
    for element, value in zip(found, values, strict=True):
        assert element.get("fill") == ("#222222" if value < 0 else "#111111")
    tops = [int(element.get("y", "")) for element in found]
    return [(top, top + int(element.get("height", ""))) for top, element in zip(tops, found, strict=True)]


@pytest.mark.parametrize("values", [(1, 2, 3), (-5, 10), (0, 0), (-7,), (10**12, 1), (99, 100, 101)])
def test_bars_are_as_long_as_their_values(values: tuple[int, ...]) -> None:
    drawn = bars(values)
    zero = {bottom for (_, bottom), value in zip(drawn, values, strict=True) if value > 0} | {
        top for (top, _), value in zip(drawn, values, strict=True) if value < 0
    }
    assert len(zero) <= 1
    largest = max((abs(value) for value in values), default=0)
    tallest = max(bottom - top for top, bottom in drawn)
    for (top, bottom), value in zip(drawn, values, strict=True):
        assert 0 <= top <= bottom <= 400
        if largest:
            assert abs((bottom - top) * largest - abs(value) * tallest) <= 2 * largest


def test_every_language_has_other_headings() -> None:
    frame = pl.DataFrame(
        schema={"account": pl.String, "class": pl.String, "n": pl.Int64, "a": pl.Int64, "b": pl.Int64}
    )
    names = {
        language: [
            column.heading for column in tables.cases(frame, name="", tongue=tongue.Tongue(language)).columns
        ]
        for language in tongue.Language
    }
    assert not set(names[tongue.Language.EN]) & set(names[tongue.Language.ZH])
