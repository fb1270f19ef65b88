"""What is worked out for every distinct key: the same for a few rows and for many."""

import polars as pl
import pytest

from meterbook.rating.steps import distinct

SCHEMA = {"sum": pl.Int64(), "said": pl.String()}


def worked(number: int, word: str | None) -> tuple[int, str | None]:
    return number * 10, None if word is None else word.upper()


@pytest.mark.parametrize("copies", [1, 2, 5, 40])
def test_each_row_gets_what_its_key_gives_in_its_place(copies: int) -> None:
    keys = [(3, "a"), (1, None), (3, "b"), (3, "a"), (2, None)] * copies
    frame = pl.DataFrame(keys, schema={"number": pl.Int32(), "word": pl.String()}, orient="row")
    numbered = frame.with_row_index("other")
    found = distinct.worked_out(numbered, keys=("number", "word"), schema=SCHEMA, find=worked)
    assert found.schema == SCHEMA
    assert found.rows() == [worked(*key) for key in keys]


def test_of_many_rows_alike_one_is_worked_out() -> None:
    asked = []

    def find(number: int) -> tuple[int]:
        asked.append(number)
        return (number,)

    frame = pl.DataFrame({"number": [7, 9] * 100})
    found = distinct.worked_out(frame, keys=["number"], schema={"found": pl.Int64()}, find=find)
    assert sorted(asked) == [7, 9]
    assert found["found"].to_list() == [7, 9] * 100


def test_no_rows_have_nothing_worked_out() -> None:
    frame = pl.DataFrame(schema={"number": pl.Int32(), "word": pl.String()})
    found = distinct.worked_out(frame, keys=["number", "word"], schema=SCHEMA, find=worked)
    assert (found.height, found.schema) == (0, SCHEMA)


@pytest.mark.parametrize("copies", [1, 50])
def test_distinct_values(copies: int) -> None:
    assert distinct.values(pl.Series([4, 2, 4] * copies)) == {2, 4}
