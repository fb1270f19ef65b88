"""Writes of numbers: the rules for account numbers, and the numbers others know an account by."""

import datetime

from meterbook.domain.agreements import models, rules


class ExternalNumberTakenError(Exception):
    """Another account is known by this number now."""

    def __init__(self, *, number: str) -> None:
        super().__init__(number)
        self.number = number


class ExternalNumberUnknownError(LookupError):
    """The account has no such number in use."""


def set_number_rule(*, unit_id: int | None, is_resident: bool, form: rules.NumberFormat) -> None:
    """Number the accounts of a unit (None: of the company) like this from now on; given numbers stay."""
    models.NumberRule.objects.update_or_create(
        unit_id=unit_id,
        is_resident=is_resident,
        defaults={
            "prefix": form.prefix,
            "digits": form.digits,
            "has_check_digit": form.has_check_digit,
        },
    )


def add_external_number(
    *, account: models.Account, kind: models.ExternalKind, number: str, on: datetime.date
) -> int:
    """Let the account be known by a number from a day on; returns its id. Raises ExternalNumberTakenError.

    The database decides between two at once: `external_number_once`.
    """
    if models.ExternalNumber.objects.filter(kind=kind, number=number, valid_until__isnull=True).exists():
        raise ExternalNumberTakenError(number=number)
    made = models.ExternalNumber.objects.create(
        station_id=account.station_id, account=account, kind=kind, number=number, valid_from=on
    )
    return made.pk


def end_external_number(
    *, account: models.Account, number_id: int, on: datetime.date
) -> models.ExternalNumber:
    """Let a number be free again from a day on. Raises ExternalNumberUnknownError."""
    found = models.ExternalNumber.objects.filter(
        pk=number_id, account=account, valid_until__isnull=True
    ).first()
    if found is None:
        raise ExternalNumberUnknownError(number_id)
    found.valid_until = max(on, found.valid_from)
    found.save(update_fields=["valid_until"])
    return found


def add_usage_type(*, code: str, name: str, utility: int | None) -> int:
    """Add to the company's list of usage types; returns its id. A second one of that code is refused."""
    return models.UsageType.objects.create(code=code, name=name, utility=utility).pk


def offer_usage_type(*, usage_type_id: int, is_offered: bool) -> None:
    """Let new agreements choose a usage type, or not any more; those that have it keep it."""
    models.UsageType.objects.filter(pk=usage_type_id).update(is_offered=is_offered)
