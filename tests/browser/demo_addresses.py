"""Addresses of pages about what only some records of the demo company have: a walk would not come by."""

from django.urls import reverse

from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models as billing
from meterbook.domain.customers import models as customers
from meterbook.domain.metering import models as metering
from meterbook.domain.premises import models as premises
from meterbook.reporting import duplicates


def of_station(station_id: int) -> list[str]:
    """One address of each such page, of the records of a station."""
    return [*_accounts(station_id), *_customers(station_id), *_places(station_id), *_meters(station_id)]


def _accounts(station_id: int) -> list[str]:
    states = agreements.AccountState
    accounts = agreements.Account.objects.filter(station_id=station_id)
    paper = agreements.UsageCertificate.objects.filter(account__station_id=station_id).latest("id")
    contract = agreements.Contract.objects.filter(station_id=station_id).latest("id")
    vacant = premises.Premise.objects.filter(station_id=station_id, batch__isnull=False).latest("id")
    fee = billing.Fee.objects.filter(station_id=station_id, bill_id__gt=0, taken_back=None).latest("id")
    wrong = billing.FeeTakenBack.objects.filter(station_id=station_id).latest("id")
    fee_account = accounts.get(pk=fee.account_id).account_no
    numbers = {state: accounts.filter(state=state).latest("id").account_no for state in states if state < 4}
    return [
        reverse("account", args=[numbers[states.CLOSED]]),
        reverse("account_reopen", args=[numbers[states.CLOSED]]),
        reverse("account_state_undo", args=[numbers[states.SUSPENDED]]),
        reverse("account_supply_add", args=[numbers[states.ACTIVE], vacant.pk]),
        reverse("bill", args=[fee.bill_id]),
        reverse("account_fee_take_back", args=[fee_account, fee.pk]),
        reverse("bill", args=[wrong.mirror_bill_id]),
        reverse("bill_print", args=[wrong.fee.bill_id]),
        reverse("account_contract_end", args=[contract.account.account_no]),
        reverse("account_certificate_print", args=[paper.account.account_no, paper.pk]),
    ]


def _customers(station_id: int) -> list[str]:
    entry = customers.ListEntry.objects.filter(customer__station_id=station_id).latest("id")
    merge = customers.CustomerMerge.objects.filter(kept__station_id=station_id).latest("id")
    paper = customers.IdentityDocument.objects.filter(station_id=station_id).latest("id")
    mine = set(customers.Customer.objects.filter(station_id=station_id).values_list("id", flat=True))
    groups = duplicates.duplicate_groups(most=20)
    pair = next(group for group in groups if group.candidates[0].customer_id in mine)
    kept, other = (one.customer_id for one in pair.candidates[:2])
    return [
        reverse("customer", args=[merge.merged_id]),
        reverse("customer_list_end", args=[entry.customer_id, entry.pk]),
        reverse("customer_merge", args=[kept, other]),
        reverse("customer_merge_undo", args=[merge.pk]),
        reverse("document_close", args=[paper.customer_id, paper.pk]),
    ]


def _places(station_id: int) -> list[str]:
    value = premises.DimensionValue.objects.latest("id")
    record = premises.NetworkRecord.objects.filter(station_id=station_id).latest("id")
    alias = premises.PremiseAlias.objects.filter(station_id=station_id).latest("id")
    appliance = premises.Appliance.objects.filter(station_id=station_id).latest("id")
    batch = premises.PremiseBatch.objects.filter(station_id=station_id).latest("id")
    vacant = premises.Premise.objects.filter(batch=batch).latest("id")
    empty = premises.AddressNode.objects.filter(station_id=station_id, name__endswith="三期").latest("id")
    return [
        reverse("class_value_rename", args=[value.dimension_id, value.pk]),
        reverse("class_value_remove", args=[value.dimension_id, value.pk]),
        reverse("network_record_remove", args=[record.pk]),
        reverse("premise_alias_remove", args=[alias.premise_id, alias.pk]),
        reverse("premise_appliance_remove", args=[appliance.premise_id, appliance.pk]),
        reverse("premise_batch", args=[batch.pk]),
        reverse("premise_batch_undo", args=[batch.pk]),
        reverse("premise_remove", args=[vacant.pk]),
        reverse("address_node_remove", args=[empty.pk]),
    ]


def _meters(station_id: int) -> list[str]:
    changes = metering.MeterChange.objects.filter(station_id=station_id, kind=metering.ChangeKind.SWAP)
    change_id = changes.latest("id").pk
    return [
        reverse("meter_change", args=[change_id]),
        reverse("meter_change_sheet", args=[change_id]),
        reverse("meter_reinstall_sheet"),
    ]
