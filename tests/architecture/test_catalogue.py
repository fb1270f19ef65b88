"""Every message of the code is in the Chinese catalogue, filled, and compiled."""

import re
import shutil
import subprocess
import sys

import polib
import pytest

from tests.architecture import source

CATALOGUE = source.PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> polib.POFile:
    """The messages the code has now, extracted by gettext's own tools from a copy of the source."""
    if shutil.which("xgettext") is None:
        pytest.skip("not run: xgettext (package gettext) is not installed")
    copy = tmp_path_factory.mktemp("catalogue") / "meterbook"
    shutil.copytree(source.PACKAGE, copy, ignore=shutil.ignore_patterns("locale", "__pycache__", "vendor"))
    (copy / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    return polib.pofile(str(copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def messages(file: polib.POFile) -> set[tuple[str, str, str]]:
    return {(e.msgctxt or "", e.msgid, e.msgid_plural) for e in file if not e.obsolete}


def test_every_message_is_in_the_catalogue(extracted: polib.POFile, catalogue: polib.POFile) -> None:
    assert len(extracted) > 100
    assert messages(extracted) - messages(catalogue) == set()


def test_the_catalogue_has_nothing_else(extracted: polib.POFile, catalogue: polib.POFile) -> None:
    assert messages(catalogue) - messages(extracted) == set()


def test_every_message_is_translated(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if not entry.translated() and not entry.obsolete] == []
    assert catalogue.fuzzy_entries() == []


def test_translations_keep_the_placeholders(catalogue: polib.POFile) -> None:
    wrong = [
        entry.msgid for entry in catalogue if _placeholders(entry.msgid) != _placeholders(_chinese(entry))
    ]
    assert wrong == []


def _chinese(entry: polib.POEntry | polib.MOEntry) -> str:
    return str(entry.msgstr_plural[0]) if entry.msgid_plural else str(entry.msgstr)


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w*[^}]*\}|%s|%d", text))


def test_the_compiled_catalogue_is_the_text(catalogue: polib.POFile) -> None:
    path = CATALOGUE.with_suffix(".mo")
    assert path.is_file()
    compiled = polib.mofile(str(path))
    assert {(e.msgid, _chinese(e)) for e in compiled} == {(e.msgid, _chinese(e)) for e in catalogue}
