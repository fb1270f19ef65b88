"""Accounts and supply agreements: who is supplied where, at which price, since when."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models

from meterbook.domain import tables


class Dated(models.Model):
    """What holds in [from_on, until_on); an empty end is open."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        abstract = True


def _one_at_a_time(*, name: str, same: tuple[str, ...]) -> ExclusionConstraint:
    """Of what is alike in `same`, one at a time."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((column, RangeOperators.EQUAL) for column in same),
            (tables.DateRange("from_on", "until_on", RangeBoundary()), RangeOperators.OVERLAPS),
        ],
    )


class AccountState(models.IntegerChoices):
    """The life of an account. Whether it is in arrears is derived from its bills."""

    ACTIVE = 1
    SUSPENDED = 2
    CLOSED = 3
    POTENTIAL = 4
    NEW = 5
    STOPPED = 6
    DEMOLITION = 7


class Account(models.Model):
    """What the account number on the bill numbers (户号). Money is owed by accounts.

    `customer` is who holds it now; `AccountHolder` says who did when.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    account_no = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="accounts")
    state = models.SmallIntegerField(choices=AccountState.choices, default=AccountState.ACTIVE)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    # Of the form it was opened with; a repeat finds the account it made.
    request_key = models.UUIDField(null=True, unique=True)

    def __str__(self) -> str:
        return self.account_no


class AccountSequence(models.Model):
    """The running part of account numbers that begin alike."""

    prefix = models.CharField(max_length=16, primary_key=True)
    next_value = models.BigIntegerField(default=1)


class NumberRule(models.Model):
    """How accounts are numbered, apart for residents and all others; of one unit (and below it), or of all.

    `prefix` may hold {station}: the digits of the station's code. No row: rules.STANDARD_NUMBERS.
    """

    is_resident = models.BooleanField()
    unit = models.ForeignKey("access.OrgUnit", null=True, on_delete=models.PROTECT)
    prefix = models.CharField(max_length=16, blank=True)
    digits = models.SmallIntegerField()
    has_check_digit = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_resident", "unit"], nulls_distinct=False, name="number_rule_once"
            ),
            models.CheckConstraint(
                condition=models.Q(digits__gte=3, digits__lte=12), name="number_rule_digits_sane"
            ),
        ]


class ExternalKind(models.IntegerChoices):
    """Whose number of an account it is."""

    JOINT_COLLECTION = 1
    BANK_REFERENCE = 2
    OLD_SYSTEM = 3
    PORTAL = 4
    OTHER = 9


class ExternalNumber(models.Model):
    """A number other people know the account by, in [valid_from, valid_until)."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="external_numbers")
    kind = models.SmallIntegerField(choices=ExternalKind.choices)
    number = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "number"],
                condition=models.Q(valid_until__isnull=True),
                name="external_number_once",
            ),
            models.CheckConstraint(condition=~models.Q(number=""), name="external_number_not_empty"),
        ]
        indexes = [models.Index(fields=["number"], name="external_number_by_number")]


class AccountStateChange(tables.AppendOnly):
    """One step in the life of an account. `undoes` is the step this one takes back."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="state_changes")
    from_state = models.SmallIntegerField(choices=AccountState.choices, null=True)
    to_state = models.SmallIntegerField(choices=AccountState.choices)
    effective_on = models.DateField()
    recorded_at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    request_key = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(from_state=models.F("to_state")), name="state_change_changes"
            )
        ]
        indexes = [models.Index(fields=["account", "-id"], name="state_change_by_account")]


class AccountHolder(Dated):
    """Whose account it was in [from_on, until_on): the number stays when the holder changes (过户)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holders")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="held")
    # Of the transfer it came by.
    request_key = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = [_one_at_a_time(name="account_one_holder", same=("account",))]


class SupplyAgreement(Dated):
    """An account is supplied at a service point in the period [from_on, until_on)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="agreements")
    service_point = models.ForeignKey(
        "premises.ServicePoint", on_delete=models.PROTECT, related_name="agreements"
    )
    utility = models.SmallIntegerField(choices=tables.Utility.choices)
    # Of the form a further supply was added with.
    request_key = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = [_one_at_a_time(name="agreement_point_one_account", same=("service_point",))]


class AgreementTariff(Dated):
    """The price an agreement pays in a period."""

    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="tariffs")
    tariff = models.ForeignKey("tariffs.Tariff", on_delete=models.PROTECT)

    class Meta:
        constraints = [_one_at_a_time(name="agreement_one_tariff", same=("agreement",))]


class PriceShare(Dated):
    """One part of a mixed use of one meter: which tariff, and how it gets its quantity.

    On days with shares these are the whole price: `split` and `split_value` as in rating.columns.Split
    (thousandths of the unit, millionths of the rest). Parts are numbered in the order they are served.
    """

    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="price_shares")
    part_no = models.SmallIntegerField()
    tariff = models.ForeignKey("tariffs.Tariff", on_delete=models.PROTECT)
    split = models.SmallIntegerField()
    split_value = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(part_no__gte=1, part_no__lte=20, split__gte=0, split__lte=3),
                name="price_share_sane",
            ),
            models.CheckConstraint(
                condition=models.Q(split__in=[0, 3], split_value__isnull=True)
                | models.Q(split__in=[1, 2], split_value__gt=0),
                name="price_share_value_fits",
            ),
            _one_at_a_time(name="price_share_part_once", same=("agreement", "part_no")),
        ]


class HouseholdSource(models.IntegerChoices):
    """Where a household size comes from: taken as usual, or approved on papers."""

    DEFAULT = 1
    APPROVED = 2


class HouseholdSize(Dated):
    """How many persons count for the tier allowance in a period.

    An approved size may have to be proved again by `expires_on`; it counts on until somebody changes it.
    """

    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="household_sizes")
    persons = models.SmallIntegerField()
    source = models.SmallIntegerField(choices=HouseholdSource.choices, db_default=HouseholdSource.DEFAULT)
    proof = models.CharField(max_length=120, blank=True, db_default="")
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(persons__gte=1, persons__lte=50), name="household_persons_sane"
            ),
            _one_at_a_time(name="household_one_size", same=("agreement",)),
        ]


class UsageType(models.Model):
    """What supply is used for (用水性质), as the company lists it; of one utility, or of all."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    utility = models.SmallIntegerField(choices=tables.Utility.choices, null=True)
    is_offered = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class AgreementUsage(Dated):
    """The usage type of an agreement in a period."""

    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="usage_types")
    usage_type = models.ForeignKey(UsageType, on_delete=models.PROTECT)

    class Meta:
        constraints = [_one_at_a_time(name="agreement_one_usage_type", same=("agreement",))]


class AreaKind(models.IntegerChoices):
    """How an area was measured."""

    BUILDING = 1
    INNER = 2
    USABLE = 3


class HeatedArea(Dated):
    """The heated area of an agreement in a period: thousandths of a square metre, height of a metre.

    `area_class` is the kind of building a tariff prices apart, "" where it has one price.
    """

    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="heated_areas")
    area_milli = models.BigIntegerField()
    kind = models.SmallIntegerField(choices=AreaKind.choices)
    height_milli = models.BigIntegerField(null=True)
    area_class = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(area_milli__gt=0, area_milli__lte=10**9)
                & (models.Q(height_milli__isnull=True) | models.Q(height_milli__gt=0)),
                name="heated_area_sane",
            ),
            _one_at_a_time(name="agreement_one_area", same=("agreement",)),
        ]


class AgreementConcession(Dated):
    """A choice the tariff knows (low income, own production ...) that holds for an agreement in a period."""

    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="concessions")
    code = models.CharField(max_length=40)
    proof = models.CharField(max_length=120, blank=True)
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [_one_at_a_time(name="agreement_concession_once", same=("agreement", "code"))]


class OpeningCounter(tables.AppendOnly):
    """What a tier counter stood at on `as_of` when our usages don't tell: brought from an older system or
    from a former holder. Counted since `starts_on`, the first day of its tier period; thousandths.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="opening_counters")
    starts_on = models.DateField()
    as_of = models.DateField()
    quantity_milli = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "starts_on"], name="opening_counter_once"),
            models.CheckConstraint(
                condition=models.Q(quantity_milli__gte=0, as_of__gte=models.F("starts_on")),
                name="opening_counter_sane",
            ),
        ]


class ContractState(models.IntegerChoices):
    IN_FORCE = 1
    ENDED = 2


class Contract(models.Model):
    """A supply contract of an account for [from_on, until_on); `notice_days` before its end it is due."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contracts")
    contract_no = models.CharField(max_length=40)
    kind = models.CharField(max_length=40, blank=True)
    signed_on = models.DateField()
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    terms = models.TextField(blank=True)
    notice_days = models.SmallIntegerField(default=30)
    state = models.SmallIntegerField(choices=ContractState.choices, default=ContractState.IN_FORCE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["station", "contract_no"], name="contract_no_once"),
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=True) | models.Q(until_on__gt=models.F("from_on")),
                name="contract_runs",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until_on"], condition=models.Q(state=ContractState.IN_FORCE), name="contract_due"
            )
        ]


class CertificateBook(models.Model):
    """A station's running number of usage certificates. The row is locked last: it is the contended one."""

    station = models.OneToOneField("access.OrgUnit", on_delete=models.PROTECT)
    next_serial = models.BigIntegerField(default=1)


class UsageCertificate(tables.AppendOnly):
    """An issued usage certificate (用气证) with what it says, numbered without gaps; a new one voids the old.

    `fee_minor` is what was asked for it, in the company's currency.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="certificates")
    serial = models.BigIntegerField()
    certificate_no = models.CharField(max_length=24, unique=True)
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    fee_minor = models.BigIntegerField()
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    reason = models.CharField(max_length=200, blank=True)
    content = models.JSONField()
    request_key = models.UUIDField(unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["station", "serial"], name="certificate_serial_once"),
            models.CheckConstraint(condition=models.Q(fee_minor__gte=0), name="certificate_fee_not_negative"),
            models.CheckConstraint(
                condition=models.Q(replaces__isnull=True) | ~models.Q(reason=""),
                name="certificate_replaced_with_reason",
            ),
        ]
