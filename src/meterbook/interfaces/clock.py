"""The only place in the interfaces that reads the clock. Everything below is told the day."""

import datetime

from django.conf import settings
from django.utils import timezone


def now() -> datetime.datetime:
    """The instant, with its zone. Under a fixed day: the real time of day on that day."""
    instant = timezone.now()
    fixed = _fixed_today()
    if fixed is None:
        return instant
    return timezone.make_aware(datetime.datetime.combine(fixed, timezone.localtime(instant).time()))


def today() -> datetime.date:
    """The day in the company's time zone, or the fixed day of a demo or test (METERBOOK_FIXED_TODAY)."""
    return _fixed_today() or timezone.localdate()


def _fixed_today() -> datetime.date | None:
    fixed: datetime.date | None = getattr(settings, "METERBOOK_FIXED_TODAY", None)
    return fixed
