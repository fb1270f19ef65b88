"""Why an act on an account is refused, in words beside the field that they are about.

Modules of further acts add theirs.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meterbook.application import account_acts as acts
from meterbook.application import account_facts, account_papers
from meterbook.domain.agreements import operations_facts, operations_states, rules
from meterbook.interfaces.web.views import fee_boxes

_FAULTS: Mapping[rules.SharesFault, str | Promise] = {
    rules.SharesFault.NONE_OR_ONE: gettext_lazy("A mixed use has at least two parts."),
    rules.SharesFault.TOO_MANY: gettext_lazy("Too many parts."),
    rules.SharesFault.TARIFF_TWICE: gettext_lazy("A tariff stands in two parts."),
    rules.SharesFault.VALUE_MISSING: gettext_lazy("A fixed quantity or a share needs how much."),
    rules.SharesFault.HIGHEST_NOT_ALONE: gettext_lazy(
        "The dearest price is chosen in every part or in none."
    ),
    rules.SharesFault.MORE_THAN_ONE_REST: gettext_lazy("Only one part takes the rest."),
    rules.SharesFault.SHARES_ABOVE_WHOLE: gettext_lazy("The shares are more than 100 %."),
    rules.SharesFault.SHARES_BELOW_WHOLE: gettext_lazy(
        "The shares are less than 100 %, and nothing takes the rest."
    ),
    rules.SharesFault.NOTHING_TAKES_THE_REST: gettext_lazy("One part has to take the rest."),
    rules.SharesFault.REST_UNREACHED: gettext_lazy("With shares of 100 % nothing is left for the rest."),
}


# Expected refusals: the field they stand beside (None: above the form), and their words.
REFUSALS: dict[type[Exception], tuple[str | None, str | Promise | Callable[[Any], str]]] = {
    **fee_boxes.REFUSALS,
    acts.BillsTouchedError: (
        "on",
        gettext_lazy("This day is billed already. Choose a later one, or correct what is billed."),
    ),
    acts.ReasonMissingError: ("reason", gettext_lazy("Give a reason.")),
    acts.InTheFutureError: ("on", gettext_lazy("This day is yet to come.")),
    operations_facts.OutsideAgreementError: (
        "on",
        lambda error: _("The supply began on %(day)s.") % {"day": error.from_on.isoformat()},
    ),
    operations_states.BeforeLastChangeError: (
        "on",
        lambda error: _("The state last changed on %(day)s.") % {"day": error.last_on.isoformat()},
    ),
    operations_states.StateRefusedError: ("wanted", gettext_lazy("The state changed meanwhile.")),
    operations_states.NothingToUndoError: (
        None,
        gettext_lazy("Something followed; this can't be taken back any more."),
    ),
    account_facts.TariffNotInForceError: (
        None,
        gettext_lazy("The tariff is not for this utility or not in force on that day."),
    ),
    rules.SharesError: (None, lambda error: str(_FAULTS[error.code])),
    account_papers.ExternalNumberTakenError: ("number", gettext_lazy("Another account has this number.")),
    account_papers.ContractNoTakenError: ("contract_no", gettext_lazy("There is a contract of this number.")),
    account_papers.ContractUnknownError: ("on", gettext_lazy("The contract can't end on this day.")),
}


def refusal(error: Exception) -> tuple[str | None, str]:
    """The field and the words of an expected refusal, one of REFUSALS or a kind of it."""
    place, text = next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)
    return place, text(error) if callable(text) else str(text)
