"""Frames with a named schema: columns that pass between packages are checked at the door."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


class FrameError(ValueError):
    """A frame that is not what its schema says: missing or unexpected columns, wrong types, nulls."""

    def __init__(self, *, schema: str, problems: tuple[str, ...]) -> None:
        super().__init__(f"{schema}: " + "; ".join(problems))
        self.schema = schema
        self.problems = problems


@dataclass(frozen=True)
class FrameSchema:
    """Columns of a frame by name, in order; `nullable` ones may hold nulls."""

    name: str
    columns: Mapping[str, pl.DataType]
    nullable: frozenset[str] = frozenset()

    def empty(self) -> pl.DataFrame:
        """A frame without rows."""
        return pl.DataFrame(schema=dict(self.columns))

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with exactly the named columns in their order; FrameError when it doesn't fit.

        Further columns are dropped, so that callers may carry their own along.
        """
        schema = frame.schema
        problems = [
            f"column {column} is missing"
            if column not in schema
            else f"column {column} is {found}, not {wanted}"
            for column, wanted in self.columns.items()
            if (found := schema.get(column)) != wanted
        ]
        if not problems:
            problems = [
                f"column {column} holds {count} nulls"
                for column in self.columns
                if column not in self.nullable and (count := frame[column].null_count())
            ]
        if problems:
            raise FrameError(schema=self.name, problems=tuple(problems))
        return frame[list(self.columns)]
