"""The secrets of one installation: made once, kept in the data folder, readable by its owner only."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

FILE_NAME = "secrets.json"


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Everything that must stay unknown to others and the same from start to start."""

    django_key: str
    postgres_password: str
    owner_password: str
    app_password: str
    job_password: str

    def __repr__(self) -> str:
        """Keep secrets out of tracebacks and logs."""
        return "Secrets(...)"


class SecretsUnreadableError(Exception):
    """The file is there but isn't ours or is damaged; making a new one would lock us out of the database."""


def read(data_dir: Path) -> Secrets | None:
    """Return the secrets of a data folder, or None when none were made yet.

    Raises:
        SecretsUnreadableError: damaged, incomplete, or not ours to read.

    """
    path = data_dir / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Secrets(**{field.name: str(content[field.name]) for field in fields(Secrets)})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as reason:
        raise SecretsUnreadableError(
            f"{path} can't be read ({reason}). Restore it from a backup or run as the user who made it; the"
            " database can't be opened without it."
        ) from reason


def prepare(data_dir: Path) -> Secrets:
    """Return the secrets of a data folder, making them on first use.

    Two starts at once agree: the file appears whole and only once, the loser reads the winner's.
    """
    found = read(data_dir)
    if found is not None:
        return found
    made = Secrets(**{field.name: secrets.token_urlsafe(36) for field in fields(Secrets)})
    half = data_dir / f"{FILE_NAME}.{secrets.token_hex(8)}"
    with os.fdopen(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(made), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(half, data_dir / FILE_NAME)
    except FileExistsError:
        winner = read(data_dir)
        if winner is not None:
            return winner
        raise
    finally:
        half.unlink()
    return made
