"""The act that records an archive entry: the same page for a premise and for a place of the tree."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from meterbook.application import premises_admin
from meterbook.domain.premises import models, operations_records
from meterbook.interfaces import clock
from meterbook.interfaces.web import page
from meterbook.interfaces.web.views import premise_act, premise_forms


def add(
    request: page.PageRequest,
    *,
    act_page: Callable[[], premise_act.ActPage],
    home: str,
    premise_id: int | None = None,
    node_id: int | None = None,
) -> HttpResponseBase:
    """Record an entry at one of the two and go to `home`."""

    def act(given: dict[str, Any]) -> tuple[str, str]:
        premises_admin.add_network_record(
            actor=request.actor,
            now=clock.now(),
            wanted=operations_records.NewNetworkRecord(
                kind=models.NetworkKind(given["kind"]),
                description=given["description"],
                position=given["position"],
                installed_on=given["installed_on"],
                request_key=given["request_key"],
                premise_id=premise_id,
                node_id=node_id,
            ),
        )
        return home, _("The network record is added.")

    return premise_act.run(request, act_page=act_page, form=premise_forms.NetworkForm, act=act)
