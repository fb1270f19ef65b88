"""Audit rows are written in words: no code, no scaled integer, no act without a name."""

import ast
from collections.abc import Iterator

import pytest
from django.utils import translation

from meterbook.interfaces.web.views import act_words
from tests.architecture import source


def _codes(argument: str) -> Iterator[str]:
    """Every UPPER_CASE constant passed as `argument` anywhere in the product."""
    for module in source.modules():
        for call in ast.walk(module.tree):
            for keyword in call.keywords if isinstance(call, ast.Call) else ():
                if keyword.arg == argument:
                    for node in ast.walk(keyword.value):
                        if (
                            isinstance(node, ast.Constant)
                            and isinstance(node.value, str)
                            and node.value.isupper()
                        ):
                            yield node.value


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def test_every_act_of_the_product_has_a_name() -> None:
    acts = set(_codes("act"))
    assert len(acts) > 15
    assert acts - set(act_words.ACTS) == set()
    assert set(_codes("subject_kind")) - set(act_words.SUBJECTS) == set()


def test_values_are_written_for_people() -> None:
    made = act_words.changes(
        before={"state": 3, "value_milli": 12_500, "same": "x"},
        after={"state": 4, "value_milli": 12_750, "same": "x", "fingerprint": "38b5", "checks": [2]},
        subject_kind="ROUND_ENTRY",
    )
    written = {change.name: (change.before, change.after) for change in made}
    assert written["Reading"] == ("12.5", "12.75")
    assert written["State"] == ("Held", "Confirmed")
    assert written["Checks"][1].istitle() or not written["Checks"][1].isupper()
    assert "38b5" not in str(made)
    assert made[-1].name == "Same", "what did not change comes last"


def test_amounts_and_codes_inside_are_written_too() -> None:
    (change,) = act_words.changes(
        before={}, after={"CASH": {"counted_minor": 143_150, "expected_minor": 143_160}}
    )
    assert (change.name, change.after) == ("Cash", "Counted 1,431.50, Expected 1,431.60")
    (change,) = act_words.changes(before={"is_active": True}, after={"is_active": False})
    assert (change.name, change.before, change.after) == ("May log in", "Yes", "No")
    (change,) = act_words.changes(before={}, after={"tender": "QR_MANUAL"})
    assert change.after == "QR code"
    (change,) = act_words.changes(before={}, after={"code": "SOMETHING_NEW"})
    assert change.after == "Something new"


def test_a_line_for_a_list_says_what_changed() -> None:
    made = act_words.changes(
        before={"roles": ["Clerk"]}, after={"roles": ["Clerk", "Supervisor"], "name": "王"}
    )
    assert act_words.summary(made) == "Roles Clerk → Clerk, Supervisor; Name 王"


def test_what_is_there_no_more_is_a_dash_in_a_list() -> None:
    made = act_words.changes(before={"state": "x", "book": "0101"}, after={"state": "y"})
    assert act_words.summary(made) == "State x → y; Book 0101 → –"


def test_a_field_that_was_and_is_empty_is_not_told() -> None:
    made = act_words.changes(before={"book": None}, after={"name": "魏杰", "book": None, "reason": ""})
    assert [change.after for change in made] == ["魏杰"]
