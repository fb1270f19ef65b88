"""What is worked out in plain Python for every distinct key: few keys, whatever the number of rows."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

# To look for distinct rows among so few, and to join what was found to them, takes longer than to work each
# of them out.
_FEW = 16


def values(column: pl.Series) -> set[object]:
    """The distinct values of a column."""
    return set(column if column.len() <= _FEW else column.unique())


def worked_out(
    frame: pl.DataFrame,
    *,
    keys: Sequence[str],
    schema: Mapping[str, pl.DataType],
    find: Callable[..., tuple[object, ...]],
) -> pl.DataFrame:
    """Columns `schema` for each row of `frame`, in its order: what `find` makes of its keys, nulls among
    them.
    """
    asked = frame[list(keys)]
    distinct = asked if asked.height <= _FEW else asked.unique()
    found = pl.DataFrame([find(*key) for key in distinct.iter_rows()], schema=dict(schema), orient="row")
    if distinct is asked:
        return found
    joined = asked.join(
        distinct.hstack(found), on=list(keys), how="left", nulls_equal=True, maintain_order="left"
    )
    return joined[list(schema)]
