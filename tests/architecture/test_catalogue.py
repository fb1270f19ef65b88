"""Every message of the code is in the Chinese catalogue, filled, and compiled."""

import ast
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


def test_no_message_is_cut_at_an_escaped_quote(extracted: polib.POFile) -> None:
    r"""`{% translate 'Can\'t' %}` reaches gettext as Can and a backslash: a text no page asks for."""
    assert [entry.msgid for entry in extracted if entry.msgid.endswith("\\")] == []


def test_gettext_knows_the_names_messages_are_marked_by() -> None:
    """Messages are found by the function's name: under another name they are never extracted."""
    renamed = [
        f"{module.at(node)} {alias.name} as {alias.asname}"
        for module in source.modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name and alias.asname not in (None, "_")
    ]
    assert renamed == []


def test_translations_are_chinese_with_chinese_marks(catalogue: polib.POFile) -> None:
    halves = re.compile(r"[\u4e00-\u9fff][,.;:?!()]|[,;:?!()][\u4e00-\u9fff]")
    wrong = [
        entry.msgid
        for entry in catalogue
        if not re.search(r"[\u4e00-\u9fff]", _chinese(entry)) or halves.search(_chinese(entry))
    ]
    assert wrong == []


def test_a_translation_is_indented_as_its_message(catalogue: polib.POFile) -> None:
    """The lines of `meterbook up` are: "  Data: …"."""
    wrong = [
        entry.msgid for entry in catalogue if entry.msgid[:1].isspace() is not _chinese(entry)[:1].isspace()
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_the_text(catalogue: polib.POFile) -> None:
    path = CATALOGUE.with_suffix(".mo")
    assert path.is_file()
    compiled = polib.mofile(str(path))
    assert {(e.msgid, _chinese(e)) for e in compiled} == {(e.msgid, _chinese(e)) for e in catalogue}
