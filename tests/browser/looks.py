"""What tests measure on an open page: axe's findings and the bytes that came over the wire."""

import pathlib
from typing import Any

from playwright.sync_api import Page

_AXE = (pathlib.Path(__file__).parent / "vendor" / "axe.min.js").read_text()
_RUN = "axe.run(document, {resultTypes: ['violations']})"
_WEIGHT = """["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""
_SHOWN_CHARACTERS = 160


def serious_faults(page: Page) -> list[dict[str, Any]]:
    """The serious and critical findings of axe on the page as it stands."""
    page.evaluate(_AXE)
    return [
        {"id": fault["id"], "nodes": [node["html"][:_SHOWN_CHARACTERS] for node in fault["nodes"][:3]]}
        for fault in page.evaluate(_RUN)["violations"]
        if fault["impact"] in {"serious", "critical"}
    ]


def without_cache(page: Page) -> None:
    """Let nothing come from the browser's cache, so that `weight` is that of a first visit."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})


def weight(page: Page) -> int:
    """Bytes on the wire of the page as loaded, with its styles, scripts and pictures, headers included."""
    page.wait_for_load_state("networkidle")
    return int(page.evaluate(_WEIGHT))
