"""Addresses of pages that other subjects bring: empty while they are not part of this installation."""

from django.urls import NoReverseMatch, reverse


def to(name: str, *args: object) -> str:
    """The address of a page by its name, or "" when there is no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
