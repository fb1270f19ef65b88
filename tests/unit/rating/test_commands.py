"""The commands that need no database: tariff check, bench rating. The others have files of their own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from meterbook.interfaces.cli import bench_rating, bench_report, console, tariff_files
from meterbook.rating import book, engine
from tests.unit.rating import samples

WATER = tariff_files.library_folder() / "cn/beijing/water-residential.yaml"
RUNNER = CliRunner()


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    path = tmp_path / "faulty.yaml"
    broken = samples.tariff_document(samples.component("A", {"kind": "PER_UNIT", "price": 3}))
    path.write_text(json.dumps(broken), encoding="utf-8")
    return path


def test_check_names_every_fault_and_leaves_with_2(faulty: Path) -> None:
    result = RUNNER.invoke(tariff_files.app, ["check", str(WATER), str(faulty)])
    right, wrong = result.stdout.splitlines()
    assert right == f"{WATER}: CN-BEIJING-WATER-RESIDENTIAL, right; versions: 2"
    assert wrong == f'{faulty}: $.versions[0].components[0].price: 3 must be text in quotes, like "3"'
    assert isinstance(result.exception, console.CommandError)
    assert result.exception.exit_code == console.WRONG_USE
    assert str(result.exception) == "1 of 2 files have faults."


def test_check_takes_a_folder() -> None:
    result = RUNNER.invoke(tariff_files.app, ["check", str(tariff_files.library_folder())])
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(tariff_files.read_all(tariff_files.library_folder())) >= 15


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    for missing in (path, tmp_path / "none.yaml"):
        result = RUNNER.invoke(tariff_files.app, ["check", str(missing)])
        assert isinstance(result.exception, console.CommandError)
        assert "can't be read" in str(result.exception)


def test_show_refuses_a_faulty_file(faulty: Path) -> None:
    result = RUNNER.invoke(tariff_files.app, ["show", str(faulty)])
    assert isinstance(result.exception, console.CommandError)
    assert "$.versions[0].components[0].price" in str(result.exception)


@pytest.fixture
def _one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_rating, "_ATTEMPTS", 1)


@pytest.mark.usefixtures("_one_attempt")
def test_bench_prints_one_object_with_what_every_bench_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_rating, "CHUNK", 40)
    result = RUNNER.invoke(bench_rating.app, ["--usages", "100", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) >= {
        *("name", "n", "seconds", "per_second", "baseline", "baseline_seconds", "ratio", "peak_mb"),
        *("stages", "machine"),
    }
    assert (found["name"], found["n"]) == ("rating", 100)
    assert found["facts"]["lines"] >= 100
    stages = ("tariff_book", "make_usages", "bare_lean", "baseline", "rate", "of_it_check")
    assert set(found["stages"]) == set(stages)
    assert found["peak_mb"] > 0


@pytest.mark.usefixtures("_one_attempt")
def test_bench_says_how_one_usage_fares_and_which_tariff_is_worst() -> None:
    result = RUNNER.invoke(bench_rating.app, ["--usages", "1", "--json"])
    facts = json.loads(result.stdout)["facts"]
    assert 0 < facts["one_usage_median_ms"] <= facts["one_usage_p95_ms"] <= facts["one_usage_worst_ms"]
    codes = {entry.document.code for entry in tariff_files.read_all(tariff_files.library_folder())}
    assert facts["one_usage_worst_tariff"] in codes


def test_the_baseline_makes_lines_of_the_engines_shape_and_order() -> None:
    found = tariff_files.read_all(tariff_files.library_folder())
    tariff_book = book.of_documents(entry.document for entry in found)
    usages = bench_rating._made_up_usages(first=0, count=400, tariff_book=tariff_book)
    prices = tariff_book.prices.select(bench_rating._PRICE_COLUMNS)
    bare = bench_rating._join_to_lines(usages.reverse(), prices)
    rated = engine.rate(usages, tariff_book)
    assert bare.schema == rated.schema
    assert bare["usage_id"].is_sorted()
    assert set(bare["usage_id"]) == set(rated["usage_id"])
    # prices for other seasons and customers stay in it, so it has rather more lines than fewer
    assert rated.height <= bare.height <= rated.height * 1.5
    assert bench_rating._join_and_multiply(usages, prices).height > bare.height


@pytest.mark.usefixtures("_one_attempt")
def test_bench_prints_a_table_for_people() -> None:
    result = RUNNER.invoke(bench_rating.app, ["--usages", "10"])
    assert result.exit_code == 0
    assert "rating: 10" in result.stdout


def test_a_report_relates_the_work_to_its_baseline() -> None:
    watch = bench_report.Stopwatch()
    watch.seconds = {"work": 2.0, "baseline": 0.5}
    found = bench_report.report(
        name="x", n=100, work_stage="work", baseline="plain", stopwatch=watch, facts={}
    )
    assert (found.per_second, found.ratio, found.baseline_seconds) == (50, 4.0, 0.5)
    assert found.machine.cores >= 1


def test_a_stage_entered_twice_adds_up() -> None:
    watch = bench_report.Stopwatch()
    with watch.stage("a"):
        pass
    once = watch.seconds["a"]
    with watch.stage("a"):
        pass
    assert watch.seconds["a"] > once
