"""How the engine's plans are carried out: in memory, and for a few usages just as they are written."""

import polars as pl

# Below so many rows the improvement of a plan takes longer than what it saves.
_FEW = 256
_AS_WRITTEN = pl.QueryOptFlags.none()
_IMPROVED = pl.QueryOptFlags()


def collected(frame: pl.LazyFrame, *, rows: int) -> pl.DataFrame:
    """The result of a plan over about so many rows.

    All of it is in memory: the streaming engine would only cost its start.
    """
    return frame.collect(engine="in-memory", optimizations=_AS_WRITTEN if rows < _FEW else _IMPROVED)
