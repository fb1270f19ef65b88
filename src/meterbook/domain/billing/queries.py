"""Reads of runs and bills."""

from meterbook.domain.billing import models


def is_version_billed(*, version_id: int) -> bool:
    """Whether any bill line used a tariff version.

    Reads the lines from the start (they keep no index for this): for rare acts only.
    """
    return models.BillLine.objects.filter(tariff_version_id=version_id).exists()
