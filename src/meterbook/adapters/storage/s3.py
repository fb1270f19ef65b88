"""Files in storage that speaks S3."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as Client

from meterbook.domain.files import ports, rules

_PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class S3Address:
    """Where the storage is. `endpoint` is its whole address; plain http only inside the house."""

    endpoint: str
    bucket: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)


class S3Store:
    """Keeps bytes in a bucket, one object a key."""

    def __init__(self, *, address: S3Address) -> None:
        self._client = Client(
            address.bucket,
            endpoint=address.endpoint,
            region=address.region,
            access_key_id=address.access_key,
            secret_access_key=address.secret_key,
            virtual_hosted_style_request=False,
            client_options={"allow_http": address.endpoint.startswith("http:"), "timeout": _PATIENCE},
            retry_config={"max_retries": 2, "retry_timeout": _PATIENCE},
        )

    def put(self, *, key: str, content: bytes) -> None:
        """Keep bytes."""
        try:
            obstore.put(self._client, _known(key), content)
        except (BaseError, OSError) as trouble:
            raise ports.StoreError(str(trouble)) from trouble

    def get(self, *, key: str) -> bytes:
        """The bytes of a key."""
        try:
            return bytes(obstore.get(self._client, _known(key)).bytes())
        except FileNotFoundError as missing:
            raise ports.BytesMissingError(key=key) from missing
        except (BaseError, OSError) as trouble:
            raise ports.StoreError(str(trouble)) from trouble

    def has(self, *, key: str) -> bool:
        """Whether the key is there."""
        try:
            obstore.head(self._client, _known(key))
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as trouble:
            raise ports.StoreError(str(trouble)) from trouble
        return True

    def delete(self, *, key: str) -> None:
        """Forget a key."""
        try:
            obstore.delete(self._client, _known(key))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as trouble:
            raise ports.StoreError(str(trouble)) from trouble

    def keys(self, *, company: str) -> Iterator[str]:
        """Every key of a company."""
        try:
            pages = list(obstore.list(self._client, prefix=company))
        except (BaseError, OSError) as trouble:
            raise ports.StoreError(str(trouble)) from trouble
        yield from sorted(entry["path"] for page in pages for entry in page if rules.is_key(entry["path"]))


def _known(key: str) -> str:
    if not rules.is_key(key):
        raise ValueError(key)
    return key
