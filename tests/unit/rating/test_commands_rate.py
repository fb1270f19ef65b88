"""`meterbook rate`: lines with their rows, in every form, and nothing rated where a row is faulty."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterbook.interfaces.cli import console, number_text, rate
from meterbook.kernel import scaled
from tests.unit.rating import command_samples as samples
from tests.unit.rating import documents


@pytest.fixture
def tariff(tmp_path: Path) -> Path:
    return samples.tariff_file(
        tmp_path, samples.WATER, samples.SEWAGE, tier_period="CALENDAR_YEAR", source=["https://example.org"]
    )


@pytest.fixture
def usage(tmp_path: Path) -> Path:
    return samples.usage_file(tmp_path, "007,20,170", "008,1.5,0")


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_csv_has_a_record_for_each_line(tariff: Path, usage: Path) -> None:
    result = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--format", "csv")
    assert result.exit_code == 0, result.output
    found = records(result.stdout)
    shown = [
        tuple(record[name] for name in ("row", "account", "component", "tier", "quantity", "price", "amount"))
        for record in found
    ]
    assert shown == [
        ("2", "007", "WATER", "1", "10", "2.07", "20.70"),
        ("2", "007", "WATER", "2", "10", "4.07", "40.70"),
        ("2", "007", "SEWAGE", "", "20", "1.57", "31.40"),
        ("3", "008", "WATER", "1", "1.5", "2.07", "3.11"),  # 3.105 half up
        ("3", "008", "SEWAGE", "", "1.5", "1.57", "2.36"),  # 2.355 half up
    ]
    assert [record["total"] for record in found] == ["", "", "92.80", "", "5.47"]
    assert [record["tax"] for record in found[:3]] == ["1.71", "3.36", "0.00"]  # 9 % inside, sewage exempt


def test_json_has_every_row_with_its_lines_and_amounts_as_text(tariff: Path, usage: Path) -> None:
    result = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--format", "json")
    found = json.loads(result.stdout)
    assert [(row["row"], row["account"], row["total"]) for row in found["rows"]] == [
        (2, "007", "92.80"),
        (3, "008", "5.47"),
    ]
    assert [len(row["lines"]) for row in found["rows"]] == [3, 2]
    assert found["totals"] == [{"currency": "CNY", "amount": "98.27", "tax": "5.33"}]
    for row in found["rows"]:
        assert Decimal(row["total"]) == sum(Decimal(line["amount"]) for line in row["lines"])
        assert Decimal(row["tax"]) == sum(Decimal(line["tax"]) for line in row["lines"])


def test_a_tax_added_is_tax_in_lines_and_sums(tmp_path: Path) -> None:
    """A tenth on top is an eleventh of the total, all of it in the line that adds it."""
    water = documents.component("WATER", documents.PER_UNIT, tax_rate="10", tax="ADDED")
    tariff, usage = samples.tariff_file(tmp_path, water), samples.usage_file(tmp_path, "007,10,0")
    result = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--format", "json")
    found = json.loads(result.stdout)
    (row,) = found["rows"]
    assert [(line["component"], line["tax"]) for line in row["lines"]] == [
        ("WATER", "0.00"),
        ("TAX_10", row["tax"]),
    ]
    assert Decimal(row["tax"]) * 11 == Decimal(row["total"])
    assert found["totals"] == [{"currency": "CNY", "amount": row["total"], "tax": row["tax"]}]
    shown = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--language", "en")
    assert f"of it tax {row['tax']}" in shown.stdout


def test_the_table_leaves_out_what_says_nothing(tariff: Path, usage: Path) -> None:
    result = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--language", "en")
    heading = result.stdout.splitlines()[1]
    assert [word.strip() for word in heading.strip("┃").split("┃")] == [
        *("Row", "Account", "Code", "Component", "Tier", "Quantity", "Price", "Amount", "Tax inside"),
    ]
    assert "2 rows, 5 lines: 98.27 CNY, of it tax 5.33" in result.stdout


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "zh",
            [
                "第2阶梯 180–260 m³：10 m³ × 4.07 元 = 40.70 元",
                "本阶梯周期此前已计 170 m³",
                "2025年1月1日 至 2025年1月31日，31 天",
                "来源：https://example.org",
                "污水处理费",
            ],
        ),
        (
            "en",
            [
                "Tier 2, 180–260 m³: 10 m³ × 4.07 yuan = 40.70 yuan",
                "Counted before in this tier period: 170 m³",
                "2025-01-01 to 2025-01-31, 31 days",
                "Price in force from 2020-01-01",
                "source: https://example.org",
                "Sewage",
            ],
        ),
    ],
)
def test_explained_as_a_customer_reads_it(
    tariff: Path, usage: Path, language: str, sentences: list[str]
) -> None:
    words = ("--tariff", tariff, "--usage", usage, "--explain", "--language", language)
    table = samples.call(rate.app, *words).stdout
    found = records(samples.call(rate.app, *words, "--format", "csv").stdout)
    for sentence in sentences:
        assert sentence in table
    assert found[1]["explanation"] in table
    assert sentences[0] in found[1]["explanation"]


def test_derived_lines_are_explained_by_what_they_are_of(tmp_path: Path) -> None:
    minimum = documents.component("LEAST", {"kind": "MINIMUM", "price": "50"})
    tariff = samples.tariff_file(tmp_path, samples.SEWAGE, minimum)
    usage = samples.usage_file(tmp_path, "1,10,0")
    words = ("--tariff", tariff, "--usage", usage, "--explain", "--language", "en")
    assert "Brought up to the minimum of 50.00 yuan: 50.00 yuan − 15.70 yuan = 34.30 yuan" in (
        samples.call(rate.app, *words).stdout
    )


def test_a_row_may_be_priced_by_two_versions(tmp_path: Path) -> None:
    whole = documents.whole(samples.SEWAGE, price_change={"split": "DAYS", "round_to": "1"})
    first = {"effective_from": "2020-01-01", "effective_until": "2025-01-11", "components": [samples.SEWAGE]}
    dearer = {**samples.SEWAGE, "price": "2"}
    whole["versions"] = [first, {"effective_from": "2025-01-11", "components": [dearer]}]
    usage = samples.usage_file(tmp_path, "1,31,0")
    words = ("--tariff", samples.written(tmp_path, whole), "--usage", usage, "--format", "csv", "--explain")
    found = records(samples.call(rate.app, *words, "--language", "en").stdout)
    shown = [
        (record["quantity"], record["price"], record["line_from"], record["price_from"]) for record in found
    ]
    assert shown == [
        ("10", "1.57", "2025-01-01", "2020-01-01"),
        ("21", "2.00", "2025-01-11", "2025-01-11"),
    ]
    assert "Price in force from 2020-01-01 to 2025-01-10" in found[0]["explanation"]


def test_the_part_that_counts_has_the_lines(tmp_path: Path) -> None:
    dear = samples.tariff_file(tmp_path, {**samples.SEWAGE, "price": "9"}, name="d.yaml", code="DEAR")
    cheap = samples.tariff_file(tmp_path, samples.SEWAGE, name="c.yaml", code="CHEAP")
    usage = samples.usage_file(
        tmp_path, "1,10,0,CHEAP,1,HIGHEST", "1,10,0,DEAR,2,HIGHEST", more=",tariff,part,split"
    )
    words = ("--tariff", dear, "--tariff", cheap, "--usage", usage, "--format", "json")
    rows = json.loads(samples.call(rate.app, *words).stdout)["rows"]
    assert [(row["row"], row["total"], len(row["lines"])) for row in rows] == [
        (2, "0.00", 0),
        (3, "90.00", 1),
    ]


def test_currencies_have_their_own_decimals_and_totals(tmp_path: Path) -> None:
    yen = samples.tariff_file(tmp_path, samples.SEWAGE, name="j.yaml", code="JAPAN", currency="JPY")
    dinar = samples.tariff_file(tmp_path, samples.SEWAGE, name="k.yaml", code="KUWAIT", currency="KWD")
    usage = samples.usage_file(tmp_path, "1,1.5,0,JAPAN", "2,1.5,0,KUWAIT", more=",tariff")
    words = ("--tariff", yen, "--tariff", dinar, "--usage", usage, "--format", "json")
    found = json.loads(samples.call(rate.app, *words).stdout)
    assert [row["total"] for row in found["rows"]] == ["2", "2.355"]
    assert [total["amount"] for total in found["totals"]] == ["2", "2.355"]


def test_nothing_is_rated_where_a_row_is_faulty(tariff: Path, tmp_path: Path) -> None:
    usage = samples.usage_file(tmp_path, "1,10,0", "2,ten,0")
    output = tmp_path / "out.csv"
    result = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--output", output)
    assert result.stdout == ""
    assert "Row 3: quantity 'ten': not a number" in result.stderr
    assert isinstance(result.exception, console.CommandError)
    assert result.exception.exit_code == console.WRONG_USE
    assert not output.exists()


def test_an_amount_that_is_too_large_is_a_fault_of_its_row(tmp_path: Path) -> None:
    huge = documents.component("HUGE", {"kind": "CAPACITY", "price": "1000000"})
    tariff = samples.tariff_file(tmp_path, huge, currency="KWD")
    usage = samples.usage_file(tmp_path, "1,0,0,1,1", "2,0,0,1000000,10000", more=",capacity,months")
    result = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--language", "en")
    assert result.stderr.splitlines()[0] == "Row 3: the amount is too large to be kept"
    assert isinstance(result.exception, console.CommandError)


@pytest.mark.parametrize(("name", "is_table"), [("o.csv", False), ("o.json", False), ("o.txt", True)])
def test_the_name_of_the_output_says_the_form(
    tariff: Path,
    usage: Path,
    tmp_path: Path,
    name: str,
    is_table: bool,  # noqa: FBT001 -- table
) -> None:
    output = tmp_path / name
    result = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--output", output)
    assert result.stdout == ""
    text = output.read_text(encoding="utf-8")
    assert ("┃" in text) is is_table
    if name == "o.csv":
        assert records(text)[0]["account"] == "007"
    if name == "o.json":
        assert json.loads(text)["rows"][0]["account"] == "007"


def test_an_output_that_cannot_be_written(tariff: Path, usage: Path, tmp_path: Path) -> None:
    output = tmp_path / "none" / "o.csv"
    result = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--output", output)
    assert isinstance(result.exception, console.CommandError)
    assert "can't be written" in str(result.exception)


def test_a_long_table_says_what_it_leaves_out(
    tariff: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meterbook.interfaces.cli.rate_output.TABLE_ROWS", 2)
    usage = samples.usage_file(tmp_path, "a,1,0", "b,1,0", "c,1,0")
    stdout = samples.call(rate.app, "--tariff", tariff, "--usage", usage, "--language", "en").stdout
    assert " c " not in stdout
    assert "2 of 3 rows are shown; --format csv writes all of them." in stdout
    assert "3 rows, 6 lines" in stdout


@pytest.mark.parametrize("same", [True, False])
def test_tariffs_are_told_apart_by_their_codes(tmp_path: Path, same: bool) -> None:  # noqa: FBT001 -- table
    one = samples.tariff_file(tmp_path, samples.SEWAGE, name="1.yaml")
    other = samples.tariff_file(tmp_path, samples.SEWAGE, name="2.yaml", code="SAMPLE" if same else "OTHER")
    usage = samples.usage_file(tmp_path, "1,1,0,SAMPLE", more=",tariff")
    result = samples.call(rate.app, "--tariff", one, "--tariff", other, "--usage", usage)
    assert (result.exit_code == 0) is not same
    if same:
        assert "stands in two files" in str(result.exception)


def test_a_folder_is_all_its_tariffs(tmp_path: Path) -> None:
    folder = tmp_path / "tariffs"
    folder.mkdir()
    usage = samples.usage_file(tmp_path, "1,1,0")
    assert "No tariff file was found." in str(
        samples.call(rate.app, "--tariff", folder, "--usage", usage).exception
    )
    samples.tariff_file(folder, samples.SEWAGE)
    assert samples.call(rate.app, "--tariff", folder, "--usage", usage).exit_code == 0


@given(
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=20),
    st.integers(0, 6),
    st.one_of(st.none(), st.integers(0, 6)),
)
def test_a_column_is_written_as_the_kernel_writes(
    values: list[int | None], decimals: int, trim_to: int | None
) -> None:
    trim = None if trim_to is None else min(trim_to, decimals)
    frame = pl.DataFrame({"n": values}, schema={"n": pl.Int64})
    text = number_text.decimal_text(pl.col("n"), decimals=decimals, trim_to=trim)
    found = frame.select(text=text)["text"].to_list()
    assert found == [
        None if value is None else scaled.render(value=value, decimals=decimals, grouping=False, trim_to=trim)
        for value in values
    ]
