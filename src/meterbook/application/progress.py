"""How far a long piece of work is, told to whoever waits: a bar of a command, a row of a job."""

import enum
from collections.abc import Callable


class Stage(enum.StrEnum):
    """What is being done with a file, in the order it is done."""

    READING = "READING"
    CHECKING = "CHECKING"
    WRITING = "WRITING"
    COMPARING = "COMPARING"


# Called with the stage and how much of the whole is done, 0 to 100, never falling.
Tell = Callable[[Stage, int], None]


def nobody(stage: Stage, percent: int) -> None:
    """For work nobody waits for."""
    del stage, percent
