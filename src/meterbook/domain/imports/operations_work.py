"""Writes of work in the background on uploaded files: asked for, begun, told about, called off, ended."""

import dataclasses
import datetime

from meterbook.domain.imports import models, rules

ACTIVE = (models.WorkState.WAITING, models.WorkState.RUNNING)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be done with a file, who wants it and when."""

    act: models.WorkAct
    staff_id: int
    at: datetime.datetime


def ask_for(*, file: models.ImportFile, asked: Asked) -> bool:
    """Ask for work on a locked file. False, and nothing changes, when some waits or runs already."""
    work = models.ImportWork.objects.select_for_update().filter(file_id=file.pk).first()
    if work is not None and work.state in ACTIVE:
        return False
    models.ImportWork.objects.update_or_create(
        file_id=file.pk,
        defaults={
            "station_id": file.station_id,
            "act": asked.act,
            "state": models.WorkState.WAITING,
            "stage": "",
            "percent": 0,
            "is_cancel_asked": False,
            "refused": "",
            "fact": "",
            "asked_at": asked.at,
            "asked_by_id": asked.staff_id,
            "told_at": asked.at,
        },
    )
    return True


def begin(*, import_id: int, at: datetime.datetime) -> models.WorkAct | None:
    """Begin what was asked for, or begin again when its worker was killed. None: there is nothing to do."""
    work = models.ImportWork.objects.select_for_update().filter(file_id=import_id, state__in=ACTIVE).first()
    if work is None:
        return None
    work.state = models.WorkState.CANCELLED if work.is_cancel_asked else models.WorkState.RUNNING
    work.percent = 0
    work.told_at = at
    work.save(update_fields=["state", "percent", "told_at"])
    return None if work.is_cancel_asked else models.WorkAct(work.act)


def tell(*, import_id: int, stage: str, percent: int, at: datetime.datetime) -> bool:
    """Say how far running work is. False when somebody called it off meanwhile, or it runs no more."""
    running = models.ImportWork.objects.filter(file_id=import_id, state=models.WorkState.RUNNING)
    running.update(stage=stage, percent=percent, told_at=at)
    return running.filter(is_cancel_asked=False).exists()


def call_off(*, import_id: int, at: datetime.datetime) -> bool:
    """Call work off: at once while it waits or has long been silent, else at its next step.

    False when it has ended already.
    """
    work = models.ImportWork.objects.select_for_update().filter(file_id=import_id, state__in=ACTIVE).first()
    if work is None:
        return False
    if work.state == models.WorkState.WAITING or rules.is_silent(told_at=work.told_at, at=at):
        work.state = models.WorkState.CANCELLED
    work.is_cancel_asked = True
    work.told_at = at
    work.save(update_fields=["state", "is_cancel_asked", "told_at"])
    return True


def end(
    *, import_id: int, state: models.WorkState, at: datetime.datetime, refused: str = "", fact: str = ""
) -> None:
    """Say how running work ended; work that ended before keeps its end."""
    models.ImportWork.objects.filter(file_id=import_id, state=models.WorkState.RUNNING).update(
        state=state, refused=refused, fact=fact[:200], told_at=at, **_done(state)
    )


def _done(state: models.WorkState) -> dict[str, int]:
    return {"percent": 100} if state == models.WorkState.DONE else {}
