"""What tests measure on an open page: axe's findings and the bytes that came over the wire."""

import pathlib
from typing import Any

from playwright.sync_api import Page, Request

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


class Traffic:
    """What a page has asked for and not got yet."""

    def __init__(self, page: Page) -> None:
        self._open: set[Request] = set()
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def _begin(self, request: Request) -> None:
        self._open.add(request)

    def _end(self, request: Request) -> None:
        self._open.discard(request)

    @property
    def is_waiting(self) -> bool:
        """Whether something is still on its way."""
        return bool(self._open)


def weight(page: Page, *, traffic: Traffic | None = None) -> int:
    """Bytes on the wire of the page as loaded, with its styles, scripts and pictures, headers included.

    Who watches the traffic needs not wait half a second for quiet when nothing is on its way.
    """
    page.wait_for_load_state()
    if traffic is None or traffic.is_waiting:
        page.wait_for_load_state("networkidle")
    return int(page.evaluate(_WEIGHT))
