"""`meterbook demo`: build the demo company in an installation that has no company yet."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterbook.interfaces.cli import console, demo_build, demo_past
from meterbook.interfaces.cli.wording import gettext as _

if TYPE_CHECKING:
    from rich.progress import Progress

app = typer.Typer()


class _Bar(demo_build.Told):
    """Shows how far it is as a bar."""

    def __init__(self, bars: "Progress") -> None:
        super().__init__()
        self._bars = bars
        self._task = bars.add_task(_("Demo company"), total=None)

    def begin(self, *, total: int) -> None:
        self._bars.update(self._task, total=total, completed=0)

    def step(self, text: str) -> None:
        self._bars.update(self._task, advance=1, description=text)


@app.command()
def demo(
    *, accounts: Annotated[int, typer.Option(min=1, help=_("How many"))] = demo_build.DEFAULT_ACCOUNTS
) -> None:
    """Build the demo company: customers, meters, thirteen months of bills and payments, log-ins."""
    console.django_setup(role="job")
    data_dir = Path(os.environ["METERBOOK_DATA"])
    with console.progress() as bars:
        is_built = demo_build.build(
            accounts=accounts, data_dir=data_dir, told=_Bar(bars), write_past=demo_past.in_children
        )
    if not is_built:
        message = _("There is a company here already; it was left as it is.")
        raise console.CommandError(message, fix=_("Name another data folder: --data DIR"))
    console.out().print(_("Log-ins: {file}").format(file=data_dir / "logins.json"))
