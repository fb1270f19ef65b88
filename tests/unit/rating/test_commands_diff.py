"""`meterbook tariff diff`: what it shows, and how it leaves."""

from pathlib import Path

import pytest

from meterbook.interfaces.cli import console, tariff_diff
from tests.unit.rating import command_samples as samples
from tests.unit.rating import documents

DEARER = {**samples.SEWAGE, "price": "1.70"}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return samples.tariff_file(tmp_path, samples.WATER, samples.SEWAGE, name="old.yaml")


def rows(stdout: str) -> list[list[str]]:
    """The cells of every row of every table."""
    return [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in stdout.splitlines()
        if line.startswith("│")
    ]


def test_no_difference_leaves_with_0(old: Path) -> None:
    result = samples.call(tariff_diff.app, old, old, "--language", "en")
    assert (result.exit_code, result.stdout) == (0, "No difference.\n")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Price", "Sewage", "1.57", "1.70", "+0.13", "+8.28 %"]),
        ("zh", ["单价", "污水处理费", "1.57", "1.70", "+0.13", "+8.28 %"]),
    ],
)
def test_a_price_leaves_with_1(old: Path, tmp_path: Path, language: str, expected: list[str]) -> None:
    new = samples.tariff_file(tmp_path, samples.WATER, DEARER, name="new.yaml")
    result = samples.call(tariff_diff.app, old, new, "--language", language)
    assert result.exit_code == tariff_diff.DIFFERENT
    assert rows(result.stdout) == [expected]


def test_old_and_new_have_their_own_units(old: Path, tmp_path: Path) -> None:
    tiers = {**samples.WATER, "tiers": [{"until": "200", "price": "2.07"}, *samples.WATER["tiers"][1:]]}
    new = samples.tariff_file(tmp_path, tiers, samples.SEWAGE, name="new.yaml", unit="t")
    found = rows(samples.call(tariff_diff.app, old, new, "--language", "en").stdout)
    assert found == [
        ["Unit", "", "m3", "t", "", ""],
        ["Upper bound", "Water, tier 1", "180 m³", "200 t", "+20 t", "+11.11 %"],
    ]


def two_versions(folder: Path) -> Path:
    whole = documents.whole(code="CHANGING")
    first = {"effective_from": "2020-01-01", "effective_until": "2025-01-01", "components": [samples.SEWAGE]}
    whole["versions"] = [first, {"effective_from": "2025-01-01", "components": [DEARER]}]
    return samples.written(folder, whole, name="two.yaml")


def test_two_versions_of_one_file(tmp_path: Path) -> None:
    path = two_versions(tmp_path)
    words = (path, "--versions", "2020-01-01", "2025-01-01", "--language", "en")
    result = samples.call(tariff_diff.app, *words)
    assert result.exit_code == tariff_diff.DIFFERENT
    assert "Version from 2025-01-01 on, against that from 2020-01-01 on" in result.stdout
    assert rows(result.stdout)[2:] == [["Price", "Sewage", "1.57", "1.70", "+0.13", "+8.28 %"]]


def test_versions_that_come_and_go_are_said(old: Path, tmp_path: Path) -> None:
    path = two_versions(tmp_path)
    stdout = samples.call(tariff_diff.app, old, path, "--language", "en").stdout
    assert "New version from 2025-01-01 on, against that from 2020-01-01 on" in stdout
    stdout = samples.call(tariff_diff.app, path, old, "--language", "en").stdout
    assert "The version from 2025-01-01 on is not there any more" in stdout


def test_wrong_use_leaves_with_2(old: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("format: 2", encoding="utf-8")
    for words in (
        (old,),
        (old, broken),
        (old, tmp_path / "none.yaml"),
        (old, old, "--versions", "2020-01-01", "2020-01-01"),
        (old, "--versions", "2020-01-01", "2020-01-02"),
    ):
        result = samples.call(tariff_diff.app, *words)
        assert isinstance(result.exception, console.CommandError), words
        assert result.exception.exit_code == console.WRONG_USE
