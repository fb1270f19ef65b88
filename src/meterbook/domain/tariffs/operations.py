"""Writes of the price catalogue. Versions are added, never edited; a correction is a higher revision."""

import datetime
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meterbook.domain import tables
from meterbook.domain.tariffs import models
from meterbook.rating import source, tariff


class Outcome(enum.StrEnum):
    """What loading one version came to."""

    ADDED = "ADDED"
    REVISED = "REVISED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """One version as it stands after loading. `replaces_id` is the revision before a REVISED one."""

    version_id: int
    effective_from: datetime.date
    revision: int
    outcome: Outcome
    replaces_id: int | None = None


class TariffIdentityError(Exception):
    """A document gives a known code another utility, customer class or unit: that is another tariff."""

    def __init__(self, *, code: str, field: str, stored: str, given: str) -> None:
        super().__init__(f"{code}: {field} is {stored}, not {given}")
        self.code = code
        self.field = field
        self.stored = stored
        self.given = given


class SupersededContentError(Exception):
    """A document says again what an older revision said; it would silently undo a correction."""

    def __init__(self, *, code: str, effective_from: datetime.date, revision: int) -> None:
        super().__init__(f"{code} from {effective_from}: same content as revision {revision}")
        self.code = code
        self.effective_from = effective_from
        self.revision = revision


def register_tariff(*, document: tariff.TariffDocument) -> models.Tariff:
    """The catalogue entry of a document, locked: made when new, renamed when its names changed.

    Raises TariffIdentityError when utility, customer class or unit differ from what is stored.
    """
    utility = tables.Utility[document.utility.name]
    entry, created = models.Tariff.objects.select_for_update().get_or_create(
        code=document.code,
        defaults={
            "utility": utility,
            "customer_class": document.customer_class,
            "name_zh": document.names.zh,
            "name_en": document.names.en,
            "unit": document.unit,
        },
    )
    if created:
        return entry
    given = {"utility": utility, "customer_class": document.customer_class, "unit": document.unit}
    for field, value in given.items():
        stored = getattr(entry, field)
        if stored != value:
            raise TariffIdentityError(code=entry.code, field=field, stored=str(stored), given=str(value))
    if (entry.name_zh, entry.name_en) != (document.names.zh, document.names.en):
        entry.name_zh, entry.name_en = document.names.zh, document.names.en
        entry.save(update_fields=["name_zh", "name_en"])
    return entry


def add_version(
    *,
    entry: models.Tariff,
    version: tariff.TariffVersion,
    document: Mapping[str, Any],
    loaded_at: datetime.datetime,
) -> LoadedVersion:
    """Add one version of a locked tariff; the same content again changes nothing.

    `document` is the tariff document holding only this version (`rating.document.split_versions`).
    Raises SupersededContentError when an older revision said the same.
    """
    fingerprint = source.fingerprint(document)
    known = list(
        models.TariffVersion.objects.filter(tariff=entry, effective_from=version.effective_from)
        .order_by("-revision")
        .values_list("id", "revision", "fingerprint")
    )
    if known and known[0][2] == fingerprint:
        version_id, revision, _ = known[0]
        return LoadedVersion(version_id, version.effective_from, revision, Outcome.UNCHANGED)
    for _, revision, said in known:
        if said == fingerprint:
            raise SupersededContentError(
                code=entry.code, effective_from=version.effective_from, revision=revision
            )
    added = models.TariffVersion.objects.create(
        tariff=entry,
        effective_from=version.effective_from,
        effective_until=version.effective_until,
        revision=known[0][1] + 1 if known else 1,
        fingerprint=fingerprint,
        document=dict(document),
        loaded_at=loaded_at,
    )
    _add_components(added, version=version)
    return LoadedVersion(
        version_id=added.id,
        effective_from=version.effective_from,
        revision=added.revision,
        outcome=Outcome.REVISED if known else Outcome.ADDED,
        replaces_id=known[0][0] if known else None,
    )


def _add_components(added: models.TariffVersion, *, version: tariff.TariffVersion) -> None:
    models.TariffComponent.objects.bulk_create(
        models.TariffComponent(
            version=added,
            component_no=component.component_no,
            code=component.code,
            name_zh=component.name.zh,
            name_en=component.name.en,
            revenue_code=component.revenue,
        )
        for component in version.components
    )
