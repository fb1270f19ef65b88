"""The books proved: every check of `ledger_checks` over everything there is. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from meterbook.reporting import ledger_checks

SAMPLES = 5
# A null comparison is a difference, never a pass.
COUNTED = """
SELECT count(*), count(*) FILTER (WHERE is_right IS NOT TRUE),
    (array_agg(key ORDER BY key) FILTER (WHERE is_right IS NOT TRUE))[1:{samples}]
FROM ({statement}) AS looked
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: rows looked at, how many are wrong, the first few of them."""

    check: ledger_checks.Check
    looked_at: int
    differences: int
    samples: tuple[int, ...]

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return self.differences == 0


@dataclass(frozen=True, slots=True)
class Proof:
    """All findings, in the order of the checks."""

    findings: tuple[Finding, ...]

    @property
    def is_right(self) -> bool:
        """Whether every check holds."""
        return all(finding.is_right for finding in self.findings)

    @property
    def looked_at(self) -> int:
        """Rows looked at by all checks together; a proof over nothing proves nothing."""
        return sum(finding.looked_at for finding in self.findings)


def counted(check: ledger_checks.Check) -> str:
    """The statement that counts what a check finds; takes `ledger_checks.PARAMETERS`."""
    return COUNTED.format(samples=SAMPLES, statement=check.statement)


def findings() -> Iterator[Finding]:
    """Run the checks one by one, so that a caller can show how far it is.

    The caller's transaction must see the whole company: under row-level security of a station the
    sums of customers who pay elsewhere can't agree.
    """
    for check in ledger_checks.CHECKS.values():
        with connection.cursor() as cursor:
            cursor.execute(counted(check), ledger_checks.PARAMETERS)
            looked_at, differences, samples = cursor.fetchone()
        yield Finding(check=check, looked_at=looked_at, differences=differences, samples=tuple(samples or ()))


def prove() -> Proof:
    """Run every check; see `findings`."""
    return Proof(findings=tuple(findings()))
