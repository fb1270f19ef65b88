"""Keys of other systems: what they may ask for, and how a key is written. Pure."""

import hashlib
import hmac
import re
from dataclasses import dataclass

# What a client may be given, and the right of the house that each stands for.
RIGHTS_OF = {
    "customers": "customers.view",
    "personal": "personal_data.view",
    "accounts": "customers.view",
    "meters": "customers.view",
    "balances": "billing.view",
}
SCOPES = frozenset(RIGHTS_OF)
KEY_ID_LENGTH = 12
_KEY = re.compile(r"mb_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")


class KeyUnreadableError(Exception):
    """Nothing we ever gave out looks like it."""


@dataclass(frozen=True, slots=True)
class Key:
    """The two parts of a key: the id that finds the client, and the secret that proves it."""

    key_id: str
    secret: str

    @property
    def text(self) -> str:
        """The key as the client sends it."""
        return f"mb_{self.key_id}_{self.secret}"


def parse_key(text: str) -> Key:
    """Read a key. Raises KeyUnreadableError."""
    found = _KEY.fullmatch(text)
    if found is None:
        raise KeyUnreadableError
    return Key(key_id=found[1], secret=found[2])


def digest(secret: str) -> str:
    """What is kept of a secret: it has 256 random bits, so one SHA-256 is enough."""
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def is_secret(secret: str, *, kept: str) -> bool:
    """Whether a secret is the kept one, in constant time."""
    return hmac.compare_digest(digest(secret), kept)
