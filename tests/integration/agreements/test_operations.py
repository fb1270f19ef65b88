"""Numbers, holders, states and dated facts on the real database."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from meterbook.domain.agreements import (
    models,
    operations,
    operations_facts,
    operations_numbers,
    operations_states,
    queries_numbers,
    rules,
)
from meterbook.kernel import numbering
from tests.builders import agreements as build
from tests.builders import records

D = datetime.date
S = models.AccountState
DAY = D(2026, 3, 1)


@pytest.fixture
def supply(db: None) -> records.Supply:
    world = records.world()
    return records.supply(station_id=world.station_a, tariff_id=records.tariff(), persons=4)


def new_account(supply: records.Supply, *, is_resident: bool = True, **more: object) -> models.Account:
    facts: dict[str, object] = {
        "station_id": supply.station_id,
        "customer_id": supply.customer_id,
        "is_resident": is_resident,
        "opened_on": DAY,
        "state": S.NEW,
    }
    return operations.open_account(new=operations.NewAccount(**(facts | more)))  # type: ignore[arg-type]  # facts by name


def periods(table: type, **same: object) -> list[tuple[D, D | None]]:
    rows = table._default_manager.filter(**same).order_by("from_on")  # type: ignore[attr-defined]  # any table of facts
    return list(rows.values_list("from_on", "until_on"))


def test_residents_and_businesses_are_numbered_apart_and_on_where_the_import_stopped(
    supply: records.Supply,
) -> None:
    resident, business = new_account(supply), new_account(supply, is_resident=False)
    assert resident.account_no.startswith("1")
    assert business.account_no.startswith("2")
    assert int(resident.account_no[:-1]) == int(supply.account_no[:-1]) + 1
    assert numbering.has_right_check_digit(resident.account_no)


def test_a_rule_of_the_station_counts_before_the_company_s(supply: records.Supply) -> None:
    company = build.account(supply).station.parent
    assert company is not None
    operations_numbers.set_number_rule(
        unit_id=None, is_resident=True, form=rules.NumberFormat(prefix="7", digits=5, has_check_digit=False)
    )
    assert new_account(supply).account_no == "700001"
    operations_numbers.set_number_rule(
        unit_id=company.pk, is_resident=True, form=rules.NumberFormat(prefix="9{station}", digits=4)
    )
    operations_numbers.set_number_rule(
        unit_id=company.pk, is_resident=True, form=rules.NumberFormat(prefix="8{station}", digits=4)
    )
    series = queries_numbers.number_series(station_ids=[supply.station_id])[supply.station_id, True]
    seen = queries_numbers.next_number(series=series)
    assert seen == queries_numbers.next_number(series=series), "a look takes nothing"
    made = new_account(supply)
    assert made.account_no == seen
    assert made.account_no[:-1] == "8010001"
    assert len(queries_numbers.number_rules()) == 2


def test_a_number_that_lies_in_the_series_is_passed_over(supply: records.Supply) -> None:
    series = queries_numbers.number_series(station_ids=[supply.station_id])[supply.station_id, True]
    coming = queries_numbers.next_number(series=series)
    new_account(supply, account_no=coming)
    following = new_account(supply)
    assert following.account_no != coming
    with pytest.raises(operations.AccountNoTakenError):
        new_account(supply, account_no=coming)


def test_the_holder_changes_and_both_are_kept(supply: records.Supply) -> None:
    account = build.account(supply)
    other = records.supply(station_id=supply.station_id, tariff_id=records.tariff())
    operations.change_holder(account=account, customer_id=other.customer_id, on=DAY)
    account.refresh_from_db()
    assert account.customer_id == other.customer_id
    held = models.AccountHolder.objects.filter(account=account).order_by("from_on")
    assert list(held.values_list("customer_id", "from_on", "until_on")) == [
        (supply.customer_id, records.INSTALLED_ON, DAY),
        (other.customer_id, DAY, None),
    ]


def test_states_follow_their_order_and_the_last_step_is_taken_back(supply: records.Supply) -> None:
    account = build.account(supply)

    def step(wanted: S, on: D = DAY) -> operations_states.Step:
        return operations_states.Step(wanted=wanted, on=on, at=records.NOW, by_id=None, reason="拆迁")

    with pytest.raises(operations_states.StateRefusedError):
        operations_states.change_state(account=account, step=step(S.NEW))
    made = operations_states.change_state(account=account, step=step(S.SUSPENDED))
    with pytest.raises(operations_states.BeforeLastChangeError):
        operations_states.change_state(account=account, step=step(S.ACTIVE, D(2026, 2, 28)))
    with pytest.raises(operations_states.NothingToUndoError):
        operations_states.undo_last_change(account=account, change_id=made.pk, step=step(S.STOPPED))
    back = operations_states.undo_last_change(account=account, change_id=made.pk, step=step(S.ACTIVE))
    account.refresh_from_db()
    assert (account.state, back.undoes_id) == (S.ACTIVE, made.pk)
    with pytest.raises(operations_states.NothingToUndoError):
        operations_states.undo_last_change(account=account, change_id=back.pk, step=step(S.SUSPENDED))
    operations_states.change_state(account=account, step=step(S.CLOSED, D(2026, 4, 1)))
    account.refresh_from_db()
    assert account.closed_on == D(2026, 4, 1)


def test_a_new_fact_ends_the_one_before_and_a_correction_replaces_what_came_after(
    supply: records.Supply,
) -> None:
    agreement = build.agreement(supply)
    values = {"persons": 6, "source": models.HouseholdSource.APPROVED, "proof": "户口本", "expires_on": None}
    assert operations_facts.set_household(agreement=agreement, on=DAY, values=values)
    assert not operations_facts.set_household(agreement=agreement, on=D(2026, 5, 1), values=values)
    assert periods(models.HouseholdSize, agreement=agreement) == [(records.INSTALLED_ON, DAY), (DAY, None)]
    assert operations_facts.set_household(
        agreement=agreement, on=D(2026, 2, 1), values=values | {"persons": 5}
    )
    assert periods(models.HouseholdSize, agreement=agreement) == [
        (records.INSTALLED_ON, D(2026, 2, 1)),
        (D(2026, 2, 1), None),
    ]
    assert operations_facts.set_household(agreement=agreement, on=D(2026, 6, 1), values=None)
    assert periods(models.HouseholdSize, agreement=agreement)[-1] == (D(2026, 2, 1), D(2026, 6, 1))
    with pytest.raises(operations_facts.OutsideAgreementError):
        operations_facts.set_household(agreement=agreement, on=D(2025, 1, 1), values=values)


def test_concessions_stand_beside_each_other(supply: records.Supply) -> None:
    agreement = build.agreement(supply)
    proof = {"proof": "低保证", "expires_on": None}
    for code in ("LOW_INCOME", "VETERAN"):
        operations_facts.set_concession(agreement=agreement, on=DAY, code=code, values=proof)
    operations_facts.set_concession(agreement=agreement, on=D(2026, 4, 1), code="VETERAN", values=None)
    rows = models.AgreementConcession.objects.filter(agreement=agreement).order_by("code")
    assert list(rows.values_list("code", "until_on")) == [("LOW_INCOME", None), ("VETERAN", D(2026, 4, 1))]


def test_shares_change_as_a_whole(supply: records.Supply) -> None:
    agreement = build.agreement(supply)
    tariff_id = models.AgreementTariff.objects.get(agreement=agreement).tariff_id
    other = records.tariff(file="cn/shanghai/water-residential.yaml")
    shares = [rules.Share(tariff_id, rules.FIXED, 5000), rules.Share(other, rules.REST)]
    assert operations_facts.set_shares(agreement=agreement, on=DAY, shares=shares)
    assert not operations_facts.set_shares(agreement=agreement, on=D(2026, 4, 1), shares=shares)
    halves = [rules.Share(found, rules.SHARE, 500_000) for found in (tariff_id, other)]
    assert operations_facts.set_shares(agreement=agreement, on=D(2026, 5, 1), shares=halves)
    assert operations_facts.set_shares(agreement=agreement, on=D(2026, 6, 1), shares=[])
    assert periods(models.PriceShare, agreement=agreement) == [
        *[(DAY, D(2026, 5, 1))] * 2,
        *[(D(2026, 5, 1), D(2026, 6, 1))] * 2,
    ]
    with pytest.raises(rules.SharesError):
        operations_facts.set_shares(agreement=agreement, on=D(2026, 7, 1), shares=shares[:1])


def test_an_agreement_ends_with_its_facts_and_comes_back_with_them(supply: records.Supply) -> None:
    agreement = build.agreement(supply)
    operations.end_agreement(agreement=agreement, on=DAY)
    assert periods(models.HouseholdSize, agreement=agreement) == [(records.INSTALLED_ON, DAY)]
    assert periods(models.AgreementTariff, agreement=agreement) == [(records.INSTALLED_ON, DAY)]
    operations.resume_agreement(agreement=agreement, ended_on=DAY)
    agreement.refresh_from_db()
    assert agreement.until_on is None
    assert periods(models.HouseholdSize, agreement=agreement) == [(records.INSTALLED_ON, None)]


def test_external_numbers_find_their_account_while_they_are_in_use(supply: records.Supply) -> None:
    account = build.account(supply)
    kind = models.ExternalKind.JOINT_COLLECTION
    number_id = operations_numbers.add_external_number(account=account, kind=kind, number="0755-881", on=DAY)
    other = records.supply(station_id=supply.station_id, tariff_id=records.tariff())
    with pytest.raises(operations_numbers.ExternalNumberTakenError):
        operations_numbers.add_external_number(
            account=build.account(other), kind=kind, number="0755-881", on=DAY
        )
    assert queries_numbers.account_ids_by_external_no(text="0755", most=5) == [supply.account_id]
    assert queries_numbers.account_ids_by_external_no(text="755", most=5) == []
    operations_numbers.end_external_number(account=account, number_id=number_id, on=D(2026, 9, 1))
    assert queries_numbers.account_ids_by_external_no(text="0755-881", most=5) == []
    operations_numbers.add_external_number(account=build.account(other), kind=kind, number="0755-881", on=DAY)
    with pytest.raises(operations_numbers.ExternalNumberUnknownError):
        operations_numbers.end_external_number(account=account, number_id=number_id, on=DAY)


def test_the_database_refuses_two_holders_and_two_shares_at_once(supply: records.Supply) -> None:
    account = build.account(supply)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.AccountHolder.objects.create(
            station_id=account.station_id, account=account, customer_id=account.customer_id, from_on=DAY
        )
    other = records.tariff(file="cn/shanghai/water-residential.yaml")
    build.one_of_each(supply=supply, other_tariff_id=other, day=DAY)
    share = models.PriceShare.objects.filter(agreement_id=supply.agreement_id).first()
    assert share is not None
    share.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        share.save(force_insert=True)
