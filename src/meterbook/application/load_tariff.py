"""Use case: take published tariffs into the price catalogue."""

import datetime
from dataclasses import dataclass

from meterbook.application import transaction
from meterbook.application.actor import Actor
from meterbook.domain.access import operations as access
from meterbook.domain.billing import postings
from meterbook.domain.billing import queries as billing
from meterbook.domain.tariffs import operations as tariffs
from meterbook.rating import document, source
from meterbook.rating import tariff as values

Outcome = tariffs.Outcome
LoadedVersion = tariffs.LoadedVersion
TariffError = document.TariffError
TariffIdentityError = tariffs.TariffIdentityError
SupersededContentError = tariffs.SupersededContentError
UnknownRevenueError = postings.UnknownRevenueError


@dataclass(frozen=True, slots=True)
class LoadedTariff:
    """What loading one document came to, version by version."""

    tariff_id: int
    code: str
    versions: tuple[tariffs.LoadedVersion, ...]

    @property
    def has_changed(self) -> bool:
        """Whether anything new is in the catalogue now."""
        return any(version.outcome is not Outcome.UNCHANGED for version in self.versions)


class VersionBilledError(Exception):
    """Bills were made with the standing revision; replacing it must be asked for."""

    def __init__(self, *, code: str, effective_from: datetime.date, revision: int) -> None:
        super().__init__(f"{code} from {effective_from}: revision {revision} is on bills")
        self.code = code
        self.effective_from = effective_from
        self.revision = revision


def load_tariff(*, actor: Actor, text: str, now: datetime.datetime, revise: bool = False) -> LoadedTariff:
    """Load one document (YAML or JSON text): all of its versions or nothing.

    The same content again changes nothing and leaves no audit row. `revise` allows other content for a
    start that bills already used; those bills stay as they are.

    Raises TariffError, TariffIdentityError, SupersededContentError, UnknownRevenueError,
    VersionBilledError, NotAllowedError.
    """
    actor.require("tariffs.load")
    plain = source.read_yaml(text)
    parsed = document.parse(plain)
    for version in parsed.versions:
        postings.require_known(revenue_codes=[component.revenue for component in version.components])
    with transaction.writing(actor=actor):
        entry = tariffs.register_tariff(document=parsed)
        loaded = tuple(
            tariffs.add_version(entry=entry, version=version, document=single, loaded_at=now)
            for version, single in zip(parsed.versions, document.split_versions(plain), strict=True)
        )
        if not revise:
            _require_unbilled(parsed, loaded=loaded)
        result = LoadedTariff(tariff_id=entry.pk, code=parsed.code, versions=loaded)
        if result.has_changed:
            _record(result, actor=actor, now=now)
    return result


def _require_unbilled(parsed: values.TariffDocument, *, loaded: tuple[tariffs.LoadedVersion, ...]) -> None:
    """Checked after the rows are written: the error rolls them back."""
    for version in loaded:
        if version.replaces_id is not None and billing.is_version_billed(version_id=version.replaces_id):
            raise VersionBilledError(
                code=parsed.code, effective_from=version.effective_from, revision=version.revision - 1
            )


def _record(result: LoadedTariff, *, actor: Actor, now: datetime.datetime) -> None:
    access.record_act(
        actor=actor,
        at=now,
        act="TARIFF_LOADED",
        subject_kind="TARIFF",
        subject_id=result.code,
        after={
            "versions": [
                {
                    "effective_from": version.effective_from.isoformat(),
                    "revision": version.revision,
                    "outcome": version.outcome.value,
                }
                for version in result.versions
                if version.outcome is not Outcome.UNCHANGED
            ]
        },
    )
