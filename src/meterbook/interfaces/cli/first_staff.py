"""The first start of an empty installation: a company with one station and one administrator.

Run by `up --empty` as `python -m meterbook.interfaces.cli.first_staff --data DIR`. Doing it again after it
was cut short gives the same: the password is kept before it is used.
"""

import json
import os
import secrets
from pathlib import Path

from meterbook.interfaces.cli import folder
from meterbook.interfaces.cli.wording import gettext as _

USERNAME = "admin"
ROLE_CODE = "ADMIN"


def make(*, data_dir: Path) -> None:
    """Found the company and write its one log-in to DATA/logins.json (0600). Needs Django set up."""
    from meterbook.application import company, found_company
    from meterbook.interfaces import clock

    login = _login(data_dir)
    admin = found_company.StaffPlan(
        username=login["username"],
        name=_("Administrator"),
        role_code=ROLE_CODE,
        unit_code="1",
        password=login["password"],
        must_change_password=True,
    )
    plan = found_company.CompanyPlan(
        code="1",
        name=_("My company"),
        branch_code="11",
        branch_name=_("Branch"),
        stations=(found_company.StationPlan(code="111", name=_("Station"), receipt_prefix="111"),),
        staff=(admin,),
    )
    company.use_company()
    found_company.found_company(plan=plan, now=clock.now(), identity="cli:up")
    found_company.mark_company_ready(now=clock.now(), identity="cli:up")


def _login(data_dir: Path) -> dict[str, str]:
    """Return the administrator's log-in, kept from an earlier try if there is one."""
    for login in folder.read_logins(data_dir):
        if login.get("role") == ROLE_CODE:
            return login
    login = {
        "role": ROLE_CODE,
        "role_name": _("Administrator"),
        "username": USERNAME,
        "password": secrets.token_urlsafe(12),
    }
    half = data_dir / "logins.half"
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump([login], file, ensure_ascii=False, indent=2)
    half.replace(data_dir / "logins.json")
    return login


def main() -> None:
    """Run as a module, started by `up` with everything else in the environment."""
    import django

    django.setup()
    make(data_dir=Path(os.environ["METERBOOK_DATA"]))


if __name__ == "__main__":
    main()
