"""Pages keep the strict content security policy and say nothing that is not translated."""

import re
from pathlib import Path

import pytest

from tests.architecture import source

TEMPLATES = sorted((source.PACKAGE / "interfaces").rglob("*.html"))
STATIC = [
    p
    for p in (source.PACKAGE / "interfaces").rglob("*")
    if p.suffix in {".js", ".css"} and "vendor" not in p.parts
]
INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|hx-on", re.IGNORECASE)
FOREIGN = re.compile(
    r"""(?:src|href|action|url\(|import|fetch\()\s*[=(]?\s*["']?(?:https?:)?//(?!www\.w3\.org)""",
    re.IGNORECASE,
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TEMPLATE_TAG = re.compile(r"\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
BLOCK_TRANSLATED = re.compile(r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}", re.DOTALL)
HTML_TAG = re.compile(r"<!--.*?-->|<kbd[^>]*>.*?</kbd>|<[^>]*>", re.DOTALL)
WORDS = re.compile(r"[A-Za-z]{3,}")
# Words that are the same in every language.
SAME_EVERYWHERE = {"Meterbook", "Excel", "OpenAPI", "PDF", "Ctrl", "Alt", "kWh"}


def name(path: Path) -> str:
    return path.relative_to(source.PACKAGE).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_inline_script_or_style(path: Path) -> None:
    assert not INLINE.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*TEMPLATES, *STATIC], ids=name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    assert not FOREIGN.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_text_goes_through_translation(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not CHINESE.findall(text), "Chinese belongs into the catalogue"
    text = re.sub(r"\{%\s*block find_focus\s*%\}.*", "", text)  # an attribute of the base's search box
    plain = HTML_TAG.sub(" ", TEMPLATE_TAG.sub(" ", BLOCK_TRANSLATED.sub(" ", text)))
    assert not set(WORDS.findall(plain)) - SAME_EVERYWHERE
