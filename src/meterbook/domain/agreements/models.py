"""Accounts and supply agreements: who is supplied where, at which price, since when."""

from django.db import models

from meterbook.domain import tables


class AccountState(models.IntegerChoices):
    ACTIVE = 1
    SUSPENDED = 2
    CLOSED = 3


class Account(models.Model):
    """What the account number on the bill numbers (户号). Money is owed by accounts."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    account_no = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="accounts")
    state = models.SmallIntegerField(choices=AccountState.choices, default=AccountState.ACTIVE)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.account_no


class AccountSequence(models.Model):
    """The running part of account numbers, apart for residents and businesses."""

    prefix = models.CharField(max_length=8, primary_key=True)
    next_value = models.BigIntegerField(default=1)


class SupplyAgreement(models.Model):
    """An account is supplied at a service point in the period [from_on, until_on)."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="agreements")
    service_point = models.ForeignKey(
        "premises.ServicePoint", on_delete=models.PROTECT, related_name="agreements"
    )
    utility = models.SmallIntegerField(choices=tables.Utility.choices)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            tables.no_overlap(
                name="agreement_point_one_account", same="service_point", since="from_on", until="until_on"
            )
        ]


class AgreementTariff(models.Model):
    """The price an agreement pays in a period."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="tariffs")
    tariff = models.ForeignKey("tariffs.Tariff", on_delete=models.PROTECT)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            tables.no_overlap(
                name="agreement_one_tariff", same="agreement", since="from_on", until="until_on"
            )
        ]


class HouseholdSize(models.Model):
    """How many persons count for the tier allowance in a period."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    agreement = models.ForeignKey(SupplyAgreement, on_delete=models.PROTECT, related_name="household_sizes")
    persons = models.SmallIntegerField()
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(persons__gte=1, persons__lte=50), name="household_persons_sane"
            ),
            tables.no_overlap(name="household_one_size", same="agreement", since="from_on", until="until_on"),
        ]
