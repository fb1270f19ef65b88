"""`meterbook migrate`: a database brought to this release, without starting web or worker."""

import os

from meterbook.config import environment
from meterbook.interfaces.cli import console, database, folder, reporting, setting_up
from meterbook.interfaces.cli.wording import gettext as _


def migrate() -> None:
    """Make the database if there is none, and bring its tables to this release."""
    settings = environment.load(os.environ)
    os.environ["METERBOOK_DATA"] = str(settings.data_dir)
    folder.prepare(settings.data_dir)
    display = reporting.Terminal()
    try:
        with database.in_use(settings, makes_it=True):
            setting_up.bring_to_release(settings, report=display.show)
    finally:
        display.close()
    console.out().print(_("The database is at this release."))
