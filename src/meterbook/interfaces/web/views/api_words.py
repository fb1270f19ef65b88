"""What the interface says about its addresses, parameters and answers, in the languages of the pages.

The interface describes itself in English, for programs everywhere; a test holds the two together.
"""

from django.utils.translation import gettext, gettext_noop

SAID = frozenset(
    {
        gettext_noop("A meter; account and day of installation where it hangs today."),
        gettext_noop("A page of accounts."),
        gettext_noop("A page of agreements."),
        gettext_noop("A page of balances, by account."),
        gettext_noop("A page of customers."),
        gettext_noop("A page of meters."),
        gettext_noop("A person or organisation. `contacts` is null for keys without the scope `personal`."),
        gettext_noop("A question with parameters that can't be used."),
        gettext_noop("A way to reach a customer, valid in [valid_from, valid_until)."),
        gettext_noop("Accounts by id, of one customer where asked."),
        gettext_noop("Agreements by id, of one account where asked."),
        gettext_noop("An account (户号) and who holds it now."),
        gettext_noop("Balances of all accounts, by account id."),
        gettext_noop("Customers by id."),
        gettext_noop("Meters by id, or the one of a serial number."),
        gettext_noop("One account."),
        gettext_noop("One customer."),
        gettext_noop("One parameter that can't be used."),
        gettext_noop(
            "Supply of an account at a premise in [from_on, until_on); meter, tariff and persons as of today."
        ),
        gettext_noop("What an account owes and holds now."),
        gettext_noop("What an account owes, how much of it is overdue, and what is held for it."),
        gettext_noop("Why a question was not answered."),
        gettext_noop("ask again with this as `after`; null: no more"),
        gettext_noop("id of the last row of the page before"),
        gettext_noop("rows of a page"),
        gettext_noop("whole minor units of the currency (fen)"),
    }
)


def said(text: str) -> str:
    """A text of the interface in the language of the page; "" stays as it is."""
    return gettext(text) if text in SAID else text
