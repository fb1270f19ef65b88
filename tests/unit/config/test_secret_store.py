"""The secrets file: made once, whole, for its owner only."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

import pytest

from meterbook.config import secret_store


def test_made_once_and_kept(tmp_path: Path) -> None:
    assert secret_store.read(tmp_path) is None
    made = secret_store.prepare(tmp_path)
    assert secret_store.prepare(tmp_path) == made == secret_store.read(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert len(set(astuple(made))) == 5
    assert all(len(secret) >= 32 for secret in astuple(made))
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_starts_at_once_agree(tmp_path: Path) -> None:
    # Each thread sees no file and makes its own; only the first may stay.
    with ThreadPoolExecutor(max_workers=8) as pool:
        made = list(pool.map(lambda _number: secret_store.prepare(tmp_path), range(8)))
    assert len(set(made)) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"django_key": "only one"})])
def test_damaged_is_never_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets.json").write_text(content)
    with pytest.raises(secret_store.SecretsUnreadableError, match=r"secrets\.json"):
        secret_store.prepare(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == content
