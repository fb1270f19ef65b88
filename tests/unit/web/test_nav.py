"""Which place of the rail is lit: an account page belongs to the accounts, a customer to the customers."""

import pytest

from meterbook.domain.access import rules
from meterbook.interfaces.web import nav


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/customers/", "customers"),
        ("/accounts/100000011/", "customers"),
        ("/accounts/100000011/transfer", "customers"),
        ("/open-account", "customers"),
        ("/customers/records/", "customer_list"),
        ("/customers/4/", "customer_list"),
        ("/customers/duplicates/", "customer_list"),
        ("/premises/places/3/", "premises"),
        ("/meters/changes/4/", "meters"),
        ("/files/of/ACCOUNT/4/", ""),
    ],
)
def test_the_place_one_is_at(path: str, place: str) -> None:
    actor = rules.Actor(name="x", rights=frozenset({"customers.view"}))
    menu = nav.menu_for(actor=actor, path=path)
    lit = [entry.place.key for _section, entries in menu for entry in entries if entry.is_current]
    assert lit == ([place] if place else [])
