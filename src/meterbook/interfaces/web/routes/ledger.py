"""The ledger: accounts and proof."""

from django.urls import URLPattern, path

from meterbook.interfaces.web.views import ledger

urlpatterns: list[URLPattern] = [
    path("ledger/", ledger.accounts, name="ledger"),
    path("ledger/proof", ledger.proof, name="ledger_proof"),
]
