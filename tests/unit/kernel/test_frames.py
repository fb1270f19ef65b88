import polars as pl
import pytest

from meterbook.kernel import frames

SCHEMA = frames.FrameSchema(
    name="sample_frame",
    columns={"key": pl.Int64(), "day": pl.Date(), "size": pl.Int16()},
    nullable=frozenset({"size"}),
)


def test_a_fitting_frame_comes_back_with_the_named_columns_in_order() -> None:
    frame = SCHEMA.empty().with_columns(extra=pl.lit(1)).select("extra", "size", "key", "day")
    assert SCHEMA.check(frame).columns == ["key", "day", "size"]


def test_missing_and_wrong_columns_are_all_named() -> None:
    with pytest.raises(frames.FrameError) as caught:
        SCHEMA.check(pl.DataFrame({"key": ["1"], "size": pl.Series([1], dtype=pl.Int16)}))
    assert caught.value.schema == "sample_frame"
    assert caught.value.problems == ("column key is String, not Int64", "column day is missing")


def test_nulls_are_refused_unless_allowed() -> None:
    frame = pl.DataFrame(
        {"key": [1, None], "day": [None, None], "size": [None, None]}, schema=dict(SCHEMA.columns)
    )
    with pytest.raises(
        frames.FrameError, match="sample_frame: column key holds 1 nulls; column day holds 2 nulls"
    ):
        SCHEMA.check(frame)
