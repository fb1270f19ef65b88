"""Many payments at once, for files and runs."""

from collections.abc import Sequence

from meterbook.domain.payments import models


def write_payments(*, payments: Sequence[models.Payment]) -> None:
    """Keep new payments; their ids are on the instances afterwards, ascending in the order given.

    A request key used before violates `payments_payment_request_key_key`.
    """
    models.Payment.objects.bulk_create(payments, batch_size=1000)
