"""The database of a data folder, for as long as somebody needs it."""

import contextlib
from collections.abc import Iterator

from meterbook.adapters.postgres import embedded, roles
from meterbook.config import environment, secret_store
from meterbook.interfaces.cli import console, folder
from meterbook.interfaces.cli.wording import gettext as _


def server_of(settings: environment.Environment) -> embedded.EmbeddedServer:
    """Return the embedded server of a data folder; its secrets are made if there are none."""
    secrets = secret_store.prepare(settings.data_dir)
    return embedded.EmbeddedServer(
        settings.data_dir,
        password=secrets.postgres_password,
        configured_bin=settings.postgres_bin,
        configured_user=settings.postgres_user,
        log_file=folder.log_file(settings.data_dir, "database"),
    )


def start(settings: environment.Environment) -> None:
    """Have the server run (when it is ours) and the roles there.

    Raises:
        PostgresError: see `adapters.postgres`.

    """
    secrets = secret_store.prepare(settings.data_dir)
    passwords = {
        roles.OWNER: secrets.owner_password,
        roles.APP: secrets.app_password,
        roles.JOB: secrets.job_password,
    }
    if settings.is_embedded:
        server = server_of(settings)
        server.start()
        roles.make_database(superuser_url=server.url(), passwords=passwords)
    elif (settings.role_app, settings.role_job) == (roles.APP, roles.JOB):
        roles.make_roles_as_owner(owner_url=settings.database_owner_url, passwords=passwords)


@contextlib.contextmanager
def in_use(settings: environment.Environment, *, makes_it: bool = False) -> Iterator[None]:
    """Keep the embedded server running while a command works, and leave it as it was found.

    Of several commands at once the last one stops it, unless an `up` has come by then.

    Args:
        settings: Of the data folder.
        makes_it: Whether an empty data folder is no mistake but the reason of the command.

    Raises:
        CommandError: nothing was set up in this folder yet.

    """
    if not settings.is_prepared and not makes_it:
        message = _("Nothing is set up in {folder} yet.").format(folder=settings.data_dir)
        raise console.CommandError(
            message, fix=_("Run meterbook up, or name another folder with --data DIR.")
        )
    if not settings.is_embedded:
        yield
        return
    data_dir = settings.data_dir
    folder.prepare(data_dir)
    server = server_of(settings)
    with contextlib.ExitStack() as stack:
        stack.callback(_stop_if_last, settings)
        stack.enter_context(folder.locked(folder.users_lock(data_dir), is_shared=True, waits=True))
        if not server.is_running():
            folder.on_demand_mark(data_dir).touch()
            server.start()
        yield


def stop_if_unused(settings: environment.Environment) -> None:
    """Stop the embedded server, or leave it to the last command that still uses it."""
    if not settings.is_embedded or secret_store.read(settings.data_dir) is None:
        return
    folder.on_demand_mark(settings.data_dir).touch()
    _stop_if_last(settings)


def _stop_if_last(settings: environment.Environment) -> None:
    if not folder.on_demand_mark(settings.data_dir).exists():
        return
    try:
        with folder.locked(folder.users_lock(settings.data_dir)):
            server_of(settings).stop()
            folder.on_demand_mark(settings.data_dir).unlink(missing_ok=True)
    except folder.BusyError:
        return  # somebody else uses it now; the last one stops it
