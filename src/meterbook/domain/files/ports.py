"""What files need from outside: a place that keeps bytes."""

from collections.abc import Iterator
from typing import Protocol


class StoreError(Exception):
    """The store can't do it now: disk full, server away, access refused. Nothing half-written is left."""


class BytesMissingError(StoreError):
    """The store has nothing under this key."""

    def __init__(self, *, key: str) -> None:
        super().__init__(f"no bytes under {key}")
        self.key = key


class FileStore(Protocol):
    """Keeps bytes under keys of the form COMPANY/ab/abcdef...[.thumb] (rules.key). Bytes never change."""

    def put(self, *, key: str, content: bytes) -> None:
        """Keep bytes; once this returns they survive a power cut. Again is harmless. Raises StoreError."""

    def get(self, *, key: str) -> bytes:
        """The bytes. Raises BytesMissingError, StoreError."""

    def has(self, *, key: str) -> bool:
        """Whether there is something under the key. Raises StoreError."""

    def delete(self, *, key: str) -> None:
        """Forget the bytes; nothing there is fine. Raises StoreError."""

    def keys(self, *, company: str) -> Iterator[str]:
        """Every key of a company, in order. Raises StoreError."""
