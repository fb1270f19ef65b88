"""What is wrong with a tariff document, where, in words for the person who wrote it."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong: a JSON path like $.versions[0].components[1].price, and the reason."""

    path: str
    reason: str


class TariffError(ValueError):
    """A document that is not a tariff. `faults` lists everything found, in the order of the document."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.reason}" for fault in faults))
        self.faults = faults


def fail(path: str, reason: str) -> TariffError:
    """The error for a single fault."""
    return TariffError((Fault(path=path, reason=reason),))
