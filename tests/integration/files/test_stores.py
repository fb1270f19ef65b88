"""The stores keep their promise alike: a folder on disk, and a server that speaks S3."""

import hashlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3  # type: ignore[import-untyped]  # none published
import pytest

from meterbook.adapters.storage import disk, s3
from meterbook.domain.files import ports, rules

BUCKET = "files"
CONTENT = "合同\n".encode() * 1000
SERVER_SECONDS = 60


def key_of(content: bytes, *, company: str = "main") -> str:
    return rules.key(company=company, sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture(scope="module")
def s3_address() -> Iterator[s3.S3Address]:
    """A real server process on a free port, with an empty bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = s3.S3Address(
        endpoint=f"http://127.0.0.1:{port}",
        bucket=BUCKET,
        region="us-east-1",
        access_key="test",
        secret_key="test-secret",
    )
    try:
        _wait_for(port)
        boto3.client(
            "s3",
            endpoint_url=address.endpoint,
            region_name=address.region,
            aws_access_key_id=address.access_key,
            aws_secret_access_key=address.secret_key,
        ).create_bucket(Bucket=BUCKET)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + SERVER_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "the storage server does not answer"
            time.sleep(0.1)
        else:
            return


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ports.FileStore:
    if request.param == "disk":
        return disk.DiskStore(root=tmp_path / "files")
    return s3.S3Store(address=request.getfixturevalue("s3_address"))


def test_what_was_put_is_got(store: ports.FileStore) -> None:
    key = key_of(CONTENT)
    assert not store.has(key=key)
    store.put(key=key, content=CONTENT)
    store.put(key=key, content=CONTENT)
    assert store.has(key=key)
    assert store.get(key=key) == CONTENT
    store.delete(key=key)
    store.delete(key=key)
    assert not store.has(key=key)


def test_what_is_missing_says_its_key(store: ports.FileStore) -> None:
    key = key_of(b"never put")
    with pytest.raises(ports.BytesMissingError) as missing:
        store.get(key=key)
    assert missing.value.key == key


def test_keys_are_those_of_the_company(store: ports.FileStore) -> None:
    put = {key_of(bytes([n]), company=company) for n in range(5) for company in ("listed", "listed_2")}
    for key in put:
        store.put(key=key, content=b"x")
    assert list(store.keys(company="listed")) == sorted(k for k in put if k.startswith("listed/"))


@pytest.mark.parametrize("key", ["../secret", "main/ab/abc", "/etc/passwd"])
def test_only_keys_reach_the_store(store: ports.FileStore, key: str) -> None:
    for act in (store.get, store.has, store.delete):
        with pytest.raises(ValueError, match=r".*"):
            act(key=key)
    with pytest.raises(ValueError, match=r".*"):
        store.put(key=key, content=b"x")


def test_a_disk_that_refuses_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "files"
    root.write_text("a file where the folder should be")
    with pytest.raises(ports.StoreError):
        disk.DiskStore(root=root).put(key=key_of(CONTENT), content=CONTENT)
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def test_a_server_that_is_away_says_so(s3_address: s3.S3Address) -> None:
    away = s3.S3Address(
        endpoint="http://127.0.0.1:9",
        bucket=BUCKET,
        region=s3_address.region,
        access_key="a",
        secret_key="b",
    )
    with pytest.raises(ports.StoreError):
        s3.S3Store(address=away).put(key=key_of(CONTENT), content=CONTENT)
