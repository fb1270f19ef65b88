"""`meterbook ledger prove`: the books checked against each other, row by row."""

from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console

if TYPE_CHECKING:
    from meterbook.reporting import ledger_proof

app = typer.Typer()


@app.command()
def prove(
    *, as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")] = False
) -> None:
    """Prove the ledger: journals, balances, bills, payments and receipts agree. Exit code 1 if not."""
    console.django_setup(role="job")
    from meterbook.application import actor as actors
    from meterbook.application import company, transaction
    from meterbook.reporting import ledger_checks, ledger_proof

    company.use_company()
    actor = actors.of_system(identity="cli:ledger-prove")
    found: list[ledger_proof.Finding] = []
    with transaction.reading(actor=actor), console.progress() as progress:
        task = progress.add_task("prove", total=len(ledger_checks.CHECKS))
        for finding in ledger_proof.findings():
            found.append(finding)
            progress.advance(task)
    proof = ledger_proof.Proof(findings=tuple(found))
    if as_json:
        console.print_json(_as_plain(proof))
    else:
        _show(proof)
    if not proof.is_right:
        raise SystemExit(console.FAILED)


def _as_plain(proof: "ledger_proof.Proof") -> dict[str, object]:
    return {
        "is_right": proof.is_right,
        "looked_at": proof.looked_at,
        "checks": [
            {
                "code": finding.check.code,
                "title": str(finding.check.title),
                "looked_at": finding.looked_at,
                "differences": finding.differences,
                "samples": list(finding.samples),
            }
            for finding in proof.findings
        ],
    }


def _show(proof: "ledger_proof.Proof") -> None:
    from django.utils.translation import gettext as _
    from rich.table import Table

    table = Table(_("Check"))
    for heading in (_("Looked at"), _("Differences")):
        table.add_column(heading, justify="right")
    table.add_column(_("First ones"))
    for finding in proof.findings:
        style = "" if finding.is_right else "bold red"
        first = ", ".join(str(key) for key in finding.samples)
        table.add_row(
            str(finding.check.title),
            f"{finding.looked_at:,}",
            f"{finding.differences:,}",
            f"{finding.check.subject} {first}" if first else "",
            style=style,
        )
    console.out().print(table)
    wrong = sum(not finding.is_right for finding in proof.findings)
    if wrong:
        console.out().print(_("The ledger is NOT proved: {wrong} checks differ.").format(wrong=wrong))
    else:
        counts = {"looked_at": f"{proof.looked_at:,}", "checks": len(proof.findings)}
        console.out().print(_("The ledger is proved: {checks} checks, {looked_at} rows.").format(**counts))
