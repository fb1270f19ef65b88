"""`/api/v1`: customers, accounts, agreements, meters and balances for other systems to read."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Protocol

from django.db import connection
from ninja import NinjaAPI, Path, Query
from ninja.errors import HttpError

from meterbook.domain import tables
from meterbook.domain.agreements import models as agreements
from meterbook.domain.companies import models as companies
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.interfaces import clock
from meterbook.interfaces.api import door, shapes
from meterbook.reporting import api_records

LARGEST_ID = 2**63 - 1
After = Annotated[int, Query(ge=0, le=LARGEST_ID, description="id of the last row of the page before")]
Limit = Annotated[int, Query(ge=1, le=500, description="rows of a page")]
# What a number can be made of: no control signs (PostgreSQL keeps no NUL).
Number = Annotated[str, Query(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")]
PathNumber = Annotated[str, Path(min_length=1, max_length=20, pattern=r"^[0-9A-Za-z-]+$")]
PathId = Annotated[int, Path(ge=1, le=LARGEST_ID)]

REFUSALS: dict[int, Any] = {
    400: shapes.Refusal,
    401: shapes.Refusal,
    403: shapes.Refusal,
    422: shapes.Invalid,
    429: shapes.Refusal,
}
ONE_REFUSALS = {**REFUSALS, 404: shapes.Refusal}

api = NinjaAPI(
    title="Meterbook",
    version="1",
    description="Read-only. Pages by ascending id: ask again with `next_after`. Amounts in minor units.",
    auth=door.Bearer(),
    docs_url=None,
    urls_namespace="api",
)
door.answer_errors(api)


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


def _next(rows: Sequence[_HasId], *, limit: int) -> int | None:
    return rows[-1].id if len(rows) == limit else None


def _only(rows: Sequence[Any], *, what: str) -> Any:
    if not rows:
        raise HttpError(404, f"no such {what}")
    return rows[0]


@api.get("/customers", response={200: shapes.Customers, **REFUSALS}, tags=["customers"])
@door.scoped("customers")
def list_customers(request: door.ApiRequest, after: After = 0, limit: Limit = 100) -> dict[str, Any]:
    """Customers by id."""
    rows = api_records.customers(after=after, most=limit)
    return {"items": _customers(request, rows), "next_after": _next(rows, limit=limit)}


@api.get("/customers/{customer_id}", response={200: shapes.Customer, **ONE_REFUSALS}, tags=["customers"])
@door.scoped("customers")
def one_customer(request: door.ApiRequest, customer_id: PathId) -> dict[str, Any]:
    """One customer."""
    rows = api_records.customers(after=0, most=1, customer_id=customer_id)
    found: dict[str, Any] = _only(_customers(request, rows), what="customer")
    return found


@api.get("/accounts", response={200: shapes.Accounts, **REFUSALS}, tags=["accounts"])
@door.scoped("accounts")
def list_accounts(
    request: door.ApiRequest,
    after: After = 0,
    limit: Limit = 100,
    customer_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> dict[str, Any]:
    """Accounts by id, of one customer where asked."""
    del request
    rows = api_records.accounts(after=after, most=limit, customer_id=customer_id)
    return {"items": [_account(row) for row in rows], "next_after": _next(rows, limit=limit)}


@api.get("/accounts/{account_no}", response={200: shapes.Account, **ONE_REFUSALS}, tags=["accounts"])
@door.scoped("accounts")
def one_account(request: door.ApiRequest, account_no: PathNumber) -> dict[str, Any]:
    """One account."""
    del request
    row: api_records.AccountRow = _only(
        api_records.accounts(after=0, most=1, account_no=account_no), what="account"
    )
    return _account(row)


@api.get("/accounts/{account_no}/balance", response={200: shapes.Balance, **ONE_REFUSALS}, tags=["balances"])
@door.scoped("balances")
def one_balance(request: door.ApiRequest, account_no: PathNumber) -> dict[str, Any]:
    """What an account owes and holds now."""
    del request
    rows, _ = api_records.balances(after=0, most=1, day=clock.today(), account_no=account_no)
    row: api_records.BalanceRow = _only(rows, what="account")
    return {**asdict(row), "currency": _currency()}


@api.get("/agreements", response={200: shapes.Agreements, **REFUSALS}, tags=["accounts"])
@door.scoped("accounts")
def list_agreements(
    request: door.ApiRequest, after: After = 0, limit: Limit = 100, account_no: Number | None = None
) -> dict[str, Any]:
    """Agreements by id, of one account where asked."""
    del request
    rows = api_records.agreements(after=after, most=limit, day=clock.today(), account_no=account_no)
    items = [{**asdict(row), "utility": tables.Utility(row.utility).name} for row in rows]
    return {"items": items, "next_after": _next(rows, limit=limit)}


@api.get("/meters", response={200: shapes.Meters, **REFUSALS}, tags=["meters"])
@door.scoped("meters")
def list_meters(
    request: door.ApiRequest, after: After = 0, limit: Limit = 100, serial_no: Number | None = None
) -> dict[str, Any]:
    """Meters by id, or the one of a serial number."""
    del request
    rows = api_records.meters(after=after, most=limit, day=clock.today(), serial_no=serial_no)
    items = [
        {
            **asdict(row),
            "utility": tables.Utility(row.utility).name,
            "kind": devices.MeterKind(row.kind).name,
            "state": devices.MeterState(row.state).name,
        }
        for row in rows
    ]
    return {"items": items, "next_after": _next(rows, limit=limit)}


@api.get("/balances", response={200: shapes.Balances, **REFUSALS}, tags=["balances"])
@door.scoped("balances")
def list_balances(request: door.ApiRequest, after: After = 0, limit: Limit = 100) -> dict[str, Any]:
    """Balances of all accounts, by account id."""
    del request
    rows, next_after = api_records.balances(after=after, most=limit, day=clock.today())
    currency = _currency()
    return {"items": [{**asdict(row), "currency": currency} for row in rows], "next_after": next_after}


def _customers(request: door.ApiRequest, rows: list[api_records.CustomerRow]) -> list[dict[str, Any]]:
    may_see = "personal" in request.auth.scopes
    contacts = api_records.contacts(customer_ids=[row.id for row in rows]) if may_see else {}
    return [
        {
            **asdict(row),
            "kind": customers.CustomerKind(row.kind).name,
            "customer_class": customers.CustomerClass(row.customer_class).name,
            "contacts": [_contact(contact) for contact in contacts[row.id]] if may_see else None,
        }
        for row in rows
    ]


def _contact(row: api_records.ContactRow) -> dict[str, Any]:
    return {**asdict(row), "kind": customers.ContactPoint.Kind(row.kind).name}


def _account(row: api_records.AccountRow) -> dict[str, Any]:
    return {**asdict(row), "state": agreements.AccountState(row.state).name}


def _currency() -> str:
    found: str = companies.Company.objects.values_list("currency", flat=True).get(
        schema_name=connection.schema_name  # type: ignore[attr-defined]  # the tenants' connection has it
    )
    return found
