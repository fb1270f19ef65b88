"""The interface's reference is in the languages of the pages: every text of it has words."""

from collections.abc import Iterator
from typing import Any

from django.utils import translation

from meterbook.interfaces.api import v1
from meterbook.interfaces.web.views import api_words


def _texts(described: Any) -> Iterator[str]:
    """Every description a reader of the reference sees, at any depth."""
    if isinstance(described, dict):
        for key, part in described.items():
            if key == "description" and isinstance(part, str):
                yield part
            elif key not in {"info", "securitySchemes", "responses"}:
                yield from _texts(part)
    elif isinstance(described, list):
        for part in described:
            yield from _texts(part)


def test_every_text_of_the_interface_has_words_and_no_word_is_left_over() -> None:
    texts = set(_texts(v1.api.get_openapi_schema(path_prefix="/api/v1/"))) - {""}
    assert texts == set(api_words.SAID)


def test_they_are_chinese_on_chinese_pages() -> None:
    with translation.override("zh-hans"):
        assert [text for text in api_words.SAID if api_words.said(text) == text] == []
