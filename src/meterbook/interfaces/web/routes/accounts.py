"""The acts on one account."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from meterbook.interfaces.web import palette
from meterbook.interfaces.web.views import account_acts as acts
from meterbook.interfaces.web.views import account_ends as ends
from meterbook.interfaces.web.views import account_fees as fees
from meterbook.interfaces.web.views import account_opening as opening
from meterbook.interfaces.web.views import account_reminders as reminders
from meterbook.interfaces.web.views import account_settings as settings
from meterbook.interfaces.web.views import account_supplies as supplies

_ONE = "accounts/<str:account_no>/"

palette.provide_verb(
    palette.Verb(label=_("To be renewed"), url_name="accounts_due", icon="bell", right="contracts.edit")
)
palette.provide_verb(
    palette.Verb(
        label=_("Numbering, usage types and fees"),
        url_name="account_settings",
        icon="settings",
        right="records.edit_many",
    )
)
palette.provide_verb(
    palette.Verb(label=_("Open account"), url_name="account_find_place", icon="plus", right="accounts.open")
)

urlpatterns: list[URLPattern] = [
    path("accounts-due/", reminders.due, name="accounts_due"),
    path("account-settings/", settings.settings, name="account_settings"),
    path("account-settings/numbers", settings.number_rule, name="account_number_rule"),
    path("account-settings/usage-types", settings.usage_type, name="account_usage_type"),
    path("account-settings/fees", settings.fee_type, name="account_fee_type"),
    path("open-account", opening.find, name="account_find_place"),
    path("open-account/<int:premise_id>/", opening.open_account, name="account_open"),
    path(f"{_ONE}supplies/add", supplies.find, name="account_supply_find"),
    path(f"{_ONE}supplies/add/<int:premise_id>/", supplies.add, name="account_supply_add"),
    path(f"{_ONE}supplies/end", supplies.end, name="account_supply_end"),
    path(f"{_ONE}state", acts.state, name="account_state"),
    path(f"{_ONE}state/undo", acts.undo, name="account_state_undo"),
    path(f"{_ONE}transfer", ends.transfer, name="account_transfer"),
    path(f"{_ONE}close", ends.close, name="account_close"),
    path(f"{_ONE}reopen", ends.reopen, name="account_reopen"),
    path(f"{_ONE}household", acts.household, name="account_household"),
    path(f"{_ONE}usage", acts.usage, name="account_usage"),
    path(f"{_ONE}area", acts.area, name="account_area"),
    path(f"{_ONE}concession", acts.concession, name="account_concession"),
    path(f"{_ONE}shares", acts.shares, name="account_shares"),
    path(f"{_ONE}external", acts.external, name="account_external"),
    path(f"{_ONE}external/<int:number_id>/end", acts.external_end, name="account_external_end"),
    path(f"{_ONE}fee", fees.fee, name="account_fee"),
    path(f"{_ONE}fee/<int:fee_id>/back", fees.take_back, name="account_fee_take_back"),
    path(f"{_ONE}contract", acts.contract, name="account_contract"),
    path(f"{_ONE}contract/end", acts.contract_end, name="account_contract_end"),
    path(f"{_ONE}certificate", acts.certificate, name="account_certificate"),
    path(
        f"{_ONE}certificate/<int:certificate_id>/",
        acts.certificate_print,
        name="account_certificate_print",
    ),
]
