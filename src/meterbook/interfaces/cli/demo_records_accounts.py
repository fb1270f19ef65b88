"""The demo's accounts as they live: transferred, suspended, closed with a refund, reopened; facts and papers.

Every act is done once: request keys are the same for the same act, and what is there is passed over.
"""

import contextlib
import datetime

from meterbook.application import (
    account_close,
    account_facts,
    account_open,
    account_papers,
    account_states,
    account_transfer,
    settle_account,
    take_payment,
    transaction,
)
from meterbook.application.actor import Actor
from meterbook.domain import tables
from meterbook.domain.agreements import models, rules
from meterbook.domain.customers import models as customers
from meterbook.domain.devices import models as devices
from meterbook.domain.ledger import queries as ledger
from meterbook.domain.ledger import rules as ledger_rules
from meterbook.domain.payments import models as payments
from meterbook.domain.premises import models as premises
from meterbook.interfaces.cli import demo_history, demo_numbers, demo_town
from meterbook.interfaces.cli.demo_town import Home, Town
from meterbook.kernel import period

USAGE_TYPES = (("HOME", "居民生活", 1), ("HOME_SHARED", "居民合表", 1), ("TRADE", "商业服务", 1))
NOTICE_DAYS = 30
# Handed over beyond what is owed, so that a closing has something to give back.
OVERPAID_MINOR = 5_000
SHOP_SHARE_PPM = 300_000
CERTIFICATE_FEE_MINOR = 500


def company_usage_types(*, actor: Actor, now: datetime.datetime) -> None:
    """The company's list of usage types."""
    for code, name, utility in USAGE_TYPES:
        with contextlib.suppress(account_papers.UsageTypeTakenError):
            account_papers.add_usage_type(actor=actor, code=code, name=name, utility=utility, now=now)


def transferred(town: Town, home: Home, *, on: datetime.date) -> None:
    """A flat is sold: the seller's last bill is paid over the counter, the buyer goes on."""
    if models.AccountHolder.objects.filter(request_key=town.key("transfer")).exists():
        return
    with demo_town.till_of(town.clerk, taken_over_by=town.supervisor, on=on):
        _settled_and_paid(town, home, actor=town.clerk, reason="房屋买卖过户", on=on, over_minor=0)
        buyer = account_open.NewCustomer(
            name=f"{home.name[0]}嘉禾",
            customer_class=customers.CustomerClass.RESIDENTIAL.value,
            phone=demo_numbers.phone(9000 + home.account_id % 1000),
        )
        account_transfer.transfer(
            actor=town.clerk,
            wanted=account_transfer.TransferAccount(
                request_key=town.key("transfer"),
                account_id=home.account_id,
                customer=buyer,
                on=on,
                readings_milli={},
                reason="房屋买卖过户",
                counter=account_transfer.Counter.RESTART,
                persons=3,
            ),
            now=demo_history.at(on, hour=11),
            today=on,
        )


def _settled_and_paid(  # an act in a few words
    town: Town, home: Home, *, actor: Actor, reason: str, on: datetime.date, over_minor: int
) -> None:
    """Read and bill a home on a day, and take what is owed and so much more; once."""
    now = demo_history.at(on, hour=10)
    with transaction.reading(actor=actor):
        readings = _readings(home)
    account_transfer.settle_first(
        actor=actor,
        command=settle_account.SettleAccount(
            request_key=town.key("settle", home.account_no),
            account_id=home.account_id,
            settled_on=on,
            readings_milli=readings,
            reason=reason,
            is_confirmed=True,
        ),
        now=now,
        today=on,
    )
    with transaction.reading(actor=actor):
        owed_minor = ledger.balance_minor(account=ledger_rules.Chart.RECEIVABLE, subject_id=home.account_id)
    if owed_minor + over_minor == 0:
        return
    with contextlib.suppress(take_payment.RequestKeyReusedError):  # taken before, when more was owed
        take_payment.take_payment(
            actor=actor,
            command=take_payment.TakePayment(
                request_key=town.key("settle-pay", home.account_no),
                account_id=home.account_id,
                tender=payments.Tender.CASH,
                tendered_minor=owed_minor + over_minor,
                bill_ids=None,
                keep_change=over_minor > 0,
                is_printed=False,
            ),
            now=demo_history.at(on, hour=10),
        )


def _readings(home: Home) -> dict[int, int]:
    """What every meter of the account shows, half a month after its last reading."""
    running = models.SupplyAgreement.objects.filter(account_id=home.account_id, until_on__isnull=True)
    found = {}
    for point_id, agreement_id in running.values_list("service_point_id", "id"):
        shown = demo_town.shown(service_point_id=point_id, agreement_id=agreement_id, per_cent=20)
        found[shown.register_id] = shown.value_milli
    return found


def suspended(town: Town, home: Home, *, wanted: models.AccountState, reason: str, on: datetime.date) -> None:
    """An account rests, or is stopped."""
    account_states.change_state(
        actor=town.chief,
        account_id=home.account_id,
        wanted=wanted,
        on=on,
        reason=reason,
        request_key=town.key("state", home.account_no),
        today=on,
        now=demo_history.at(on, hour=15),
    )


def was_closed(town: Town, home: Home) -> bool:
    """Whether the closing of an account was done, even if it was taken back since."""
    key = town.key("close", home.account_no)
    return models.AccountStateChange.objects.filter(request_key=key).exists()


def closed(town: Town, home: Home, *, reason: str, on: datetime.date) -> None:
    """An account ends: last bill, what was paid too much given back. Needs the chief's till open."""
    _settled_and_paid(town, home, actor=town.chief, reason=reason, on=on, over_minor=OVERPAID_MINOR)
    account_close.close(
        actor=town.chief,
        wanted=account_close.CloseAccount(
            request_key=town.key("close", home.account_no),
            account_id=home.account_id,
            on=on,
            readings_milli={},
            reason=reason,
            refund=payments.Tender.CASH,
        ),
        now=demo_history.at(on, hour=11),
        today=on,
    )


def reopened(town: Town, home: Home, *, on: datetime.date) -> None:
    """The closing was a mistake and is taken back."""
    with contextlib.suppress(account_close.NotClosedError):  # taken back before
        account_close.reopen(
            actor=town.chief,
            account_id=home.account_id,
            reason="销错户号，业主仍在用水",
            now=demo_history.at(on, hour=9),
        )


def mixed_use(town: Town, home: Home, *, shop_tariff_id: int, on: datetime.date) -> None:
    """The ground floor became a shop: three tenths of the water at the shop's price."""
    if models.PriceShare.objects.filter(agreement_id=home.agreement_id).exists():
        return
    account_facts.change_shares(
        actor=town.clerk,
        when=account_facts.When(agreement_id=home.agreement_id, on=on, reason="住改商，现场核定"),
        shares=(
            rules.Share(shop_tariff_id, rules.SHARE, SHOP_SHARE_PPM),
            rules.Share(home.tariff_id, rules.REST),
        ),
        now=demo_history.at(on, hour=16),
    )


def large_household(town: Town, home: Home, *, on: datetime.date) -> None:
    """Five people on the books, proved again next year."""
    account_facts.change_household(
        actor=town.clerk,
        when=account_facts.When(agreement_id=home.agreement_id, on=on, reason="户口簿核定"),
        household=account_facts.Household(
            persons=5,
            source=models.HouseholdSource.APPROVED,
            proof="户口簿",
            expires_on=period.add_months(on, 12),
        ),
        now=demo_history.at(on, hour=11),
    )


def usage_and_concession(town: Town, home: Home, *, on: datetime.date) -> None:
    """A usage type, and a concession on a certificate that runs out."""
    now = demo_history.at(on, hour=11)
    when = account_facts.When(agreement_id=home.agreement_id, on=on, reason="低保复核")
    usage = models.UsageType.objects.get(code="HOME")
    account_facts.change_usage(
        actor=town.clerk, when=when, usage_type_id=usage.pk, tariff_id=home.tariff_id, now=now
    )
    account_facts.change_concession(
        actor=town.clerk,
        when=when,
        code="LOW_INCOME",
        proof=f"低保证{on.year}-{town.mark}",
        expires_on=period.add_months(on, 12),
        now=now,
    )


def heated_area(town: Town, *, account_id: int, on: datetime.date) -> None:
    """How much is heated, measured within the walls."""
    agreement = models.SupplyAgreement.objects.get(account_id=account_id, utility=tables.Utility.HEAT)
    account_facts.change_area(
        actor=town.clerk,
        when=account_facts.When(agreement_id=agreement.pk, on=on, reason="房产证建筑面积"),
        area=account_facts.Area(area_milli=89_500, kind=models.AreaKind.BUILDING, height_milli=2_800),
        now=demo_history.at(on, hour=12),
    )


def other_numbers(town: Town, home: Home, *, on: datetime.date) -> None:
    """What the bank, the joint collection and the old system call the account."""
    kinds = models.ExternalKind
    for kind, number in (
        (kinds.BANK_REFERENCE, f"DK{town.mark}{home.account_id:08d}"),
        (kinds.JOINT_COLLECTION, f"LS{town.mark}{home.account_id:06d}"),
        (kinds.OLD_SYSTEM, f"OLD-{town.mark}-{home.account_id:05d}"),
    ):
        with contextlib.suppress(account_papers.ExternalNumberTakenError):  # added before
            account_papers.add_external_number(
                actor=town.clerk,
                account_id=home.account_id,
                kind=kind,
                number=number,
                on=on,
                now=demo_history.at(on, hour=12),
            )


def contract(town: Town, home: Home, *, number: int, on: datetime.date, until_on: datetime.date) -> None:
    """A supply contract."""
    with contextlib.suppress(account_papers.ContractNoTakenError):  # kept before
        account_papers.add_contract(
            actor=town.clerk,
            account_id=home.account_id,
            facts=account_papers.ContractFacts(
                contract_no=f"GS{on.year}-{town.mark}-{number:04d}",
                kind="居民供水",
                signed_on=on,
                from_on=on,
                until_on=until_on,
                terms="按表计量，阶梯水价；到期前三十日续签。",
                notice_days=NOTICE_DAYS,
            ),
            now=demo_history.at(on, hour=12),
        )


def certificate(town: Town, home: Home, *, on: datetime.date, is_lost_once: bool) -> None:
    """A usage certificate; one was lost, and a new one issued for a fee."""
    issues = [("certificate", 0, "")]
    if is_lost_once:
        issues.append(("certificate again", CERTIFICATE_FEE_MINOR, "遗失补发"))
    for word, fee_minor, reason in issues:
        account_papers.issue_certificate(
            actor=town.clerk,
            wanted=account_papers.IssueCertificate(
                request_key=town.key(word, home.account_no),
                account_id=home.account_id,
                fee_minor=fee_minor,
                reason=reason,
            ),
            now=demo_history.at(on, hour=12),
            today=on,
        )


def shop_opened(
    town: Town, *, customer_id: int, premise_id: int, tariff_id: int, on: datetime.date
) -> tuple[account_open.AccountOpened, int]:
    """A shop of a company gets an account in the first book; with its point."""
    opened = account_open.open_account(
        actor=town.clerk,
        wanted=account_open.OpenAccount(
            request_key=town.key("shop", premise_id),
            customer=customer_id,
            premise_id=premise_id,
            utility=tables.Utility.WATER,
            tariff_id=tariff_id,
            from_on=on,
            book_id=town.book_id,
        ),
        today=on,
        now=demo_history.at(on, hour=11),
    )
    point = premises.ServicePoint.objects.get(premise_id=premise_id, utility=tables.Utility.WATER)
    return opened, point.pk


def supplied(town: Town, *, account_id: int, on: datetime.date) -> None:
    """The meter hangs: the new account is supplied."""
    account = models.Account.objects.get(pk=account_id)
    if account.state != models.AccountState.NEW or not _has_meter(account_id):
        return
    account_states.change_state(
        actor=town.clerk,
        account_id=account_id,
        wanted=models.AccountState.ACTIVE,
        on=on,
        reason="",
        request_key=town.key("supplied", account_id),
        today=on,
        now=demo_history.at(on, hour=16),
    )


def _has_meter(account_id: int) -> bool:
    points = models.SupplyAgreement.objects.filter(account_id=account_id).values("service_point_id")
    return devices.Installation.objects.filter(service_point_id__in=points, removed_on__isnull=True).exists()
