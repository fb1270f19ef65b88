"""Looking text up by a part of it, in ways an index serves even under row-level security.

There, only leakproof operators reach an index: equality and ranges do, LIKE doesn't. So a prefix is written
as a range [start, start + AFTER_ALL), and substrings go through functions that state the scope themselves.
"""

# From three characters on, trigrams find a fragment anywhere; shorter ones only at the ends of a word.
SHORTEST = 3
# Sorts after every character people type: the end of a prefix range.
AFTER_ALL = "\U0010ffff"


def like_escaped(text: str) -> str:
    """`text` with the signs that LIKE reads specially made plain."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
