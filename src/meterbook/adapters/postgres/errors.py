"""What can go wrong with PostgreSQL before the first query, each with the way out."""


class PostgresError(Exception):
    """PostgreSQL can't be used as asked.

    `fix` is one sentence that tells the reader what to do about it.
    """

    def __init__(self, message: str, *, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class PostgresMissingError(PostgresError):
    """No usable set of PostgreSQL programs was found."""


class PostgresStartError(PostgresError):
    """The server did not come up; the message carries the end of its log."""


class RolesMissingError(PostgresError):
    """The database roles don't exist and we may not make them; `fix` is the SQL for the DBA."""
