"""Builders of what an account may have: facts, papers, numbers, one of each."""

import datetime
import uuid

from django.db import transaction

from meterbook.domain.agreements import models, operations, operations_facts, operations_papers, rules
from tests.builders import records

NOW = records.NOW


def agreement(supply: records.Supply) -> models.SupplyAgreement:
    """The agreement of a supply."""
    return models.SupplyAgreement.objects.get(pk=supply.agreement_id)


def account(supply: records.Supply) -> models.Account:
    """The account of a supply."""
    return models.Account.objects.get(pk=supply.account_id)


def one_of_each(*, supply: records.Supply, other_tariff_id: int, day: datetime.date) -> dict[str, object]:
    """A row in every table that a plain supply leaves empty; the ids that addresses name."""
    held, supplied = account(supply), agreement(supply)
    tariff_id = models.AgreementTariff.objects.get(agreement=supplied).tariff_id
    other = other_tariff_id
    with transaction.atomic():
        shares = [rules.Share(other, rules.FIXED, 1000), rules.Share(tariff_id, rules.REST)]
        operations_facts.set_shares(agreement=supplied, on=day, shares=shares)
        operations_facts.set_area(
            agreement=supplied,
            on=day,
            values={"area_milli": 89_500, "kind": models.AreaKind.BUILDING, "height_milli": None},
        )
        operations_facts.set_concession(
            agreement=supplied, on=day, code="LOW_INCOME", values={"proof": "证明", "expires_on": None}
        )
        usage_type, _ = models.UsageType.objects.get_or_create(code="HOME", defaults={"name": "居民生活"})
        operations_facts.set_usage_type(agreement=supplied, on=day, usage_type_id=usage_type.pk)
        operations.record_opening_counter(
            agreement=supplied, starts_on=datetime.date(2020, 1, 1), as_of=day, quantity_milli=5, at=NOW
        )
        models.AccountStateChange.objects.create(
            station_id=held.station_id, account=held, to_state=1, effective_on=day, recorded_at=NOW
        )
        number = models.ExternalNumber.objects.create(
            station_id=held.station_id, account=held, kind=1, number=f"DS{held.pk}", valid_from=day
        )
        operations_papers.add_contract(
            account=held,
            facts=operations_papers.ContractFacts(
                contract_no=f"HT{held.pk}",
                kind="供用水",
                signed_on=day,
                from_on=day,
                until_on=None,
                terms="",
                notice_days=30,
            ),
        )
        paper = operations_papers.issue_certificate(
            new=operations_papers.NewCertificate(
                account_id=held.pk,
                station_id=held.station_id,
                station_code=f"Z{held.station_id}",
                issued_on=day,
                issued_at=NOW,
                by_id=None,
                fee_minor=0,
                content={
                    "account_no": supply.account_no,
                    "holder": supply.name,
                    "station": "",
                    "supplies": [
                        {
                            "utility": supply.utility,
                            "address": supply.address,
                            "serial_no": supply.serial_no,
                            "from_on": day.isoformat(),
                        }
                    ],
                },
                request_key=uuid.uuid4(),
            )
        )
    return {"number_id": number.pk, "certificate_id": paper.pk}
