"""Rights that came after a company was founded, given to the standard roles it has."""

from collections.abc import Mapping
from typing import Any


def grant_later(apps: Any, *, rights: Mapping[str, tuple[str, ...]]) -> None:
    """Give each right to the standard roles named for it, where the company has the role and it lacks the right.

    The roles are written down in the migration, not asked of `rules`: what is standard later changes nothing
    here. A migration runs once, so a right that a company takes away afterwards stays away; a company that is
    founded afterwards has no role yet and begins with `rules.STANDARD_ROLES`.
    """
    role, role_right = apps.get_model("access", "Role"), apps.get_model("access", "RoleRight")
    for right, codes in rights.items():
        for one in role.objects.filter(code__in=codes).order_by("pk"):
            role_right.objects.get_or_create(role=one, right=right)
