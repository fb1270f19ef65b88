"""What happened to the demo company's records, counted."""

from django.db.models import Count

from meterbook.domain.access import models as access
from meterbook.domain.agreements import models as agreements
from meterbook.domain.billing import models as billing
from meterbook.domain.customers import models as customers
from meterbook.domain.customers import rules_identity
from meterbook.domain.devices import models as devices
from meterbook.domain.devices import rules as device_rules
from meterbook.domain.files import models as files
from meterbook.domain.metering import models as metering
from meterbook.domain.payments import models as payments
from meterbook.domain.premises import models as premises
from meterbook.reporting import duplicates

# Each of them has at least one of every kind.
STATIONS = 2
_METERS, _ACCOUNTS = device_rules.MeterState, agreements.AccountState
_METER_STATES = (_METERS.IN_STOCK, _METERS.ISSUED, _METERS.IN_TEST, _METERS.SCRAPPED, _METERS.REMOVED)
_ACCOUNT_STATES = (_ACCOUNTS.SUSPENDED, _ACCOUNTS.STOPPED, _ACCOUNTS.CLOSED, _ACCOUNTS.NEW)


def counts() -> dict[str, int]:
    """How often each kind of thing happened."""
    return _people() | _places() | _meters() | _accounts()


def _people() -> dict[str, int]:
    papers, lists = customers.IdentityDocument.objects, customers.ListEntry.objects
    several = customers.Customer.objects.annotate(held_count=Count("accounts")).filter(held_count__gt=1)
    return {
        "merged": customers.Customer.objects.filter(merged_into__isnull=False).count(),
        "still kept twice": len(duplicates.duplicate_groups(most=20)),
        "organisation with several accounts": several.filter(kind=2).count(),
        "identity cards": papers.filter(kind=rules_identity.DocumentKind.RESIDENT_ID).count(),
        "contacts that ended": customers.ContactPoint.objects.filter(valid_until__isnull=False).count(),
        "invoice details": customers.InvoiceProfile.objects.count(),
        "tags": customers.CustomerTag.objects.count(),
        "care": lists.filter(kind=customers.ListKind.CARE).count(),
        "watch": lists.filter(kind=customers.ListKind.WATCH).count(),
        "scores": customers.CreditScore.objects.count(),
        "shared views": access.SavedView.objects.filter(is_shared=True).count(),
        "keys of partners, one for all stations": access.ApiClient.objects.count() * STATIONS,
    }


def _places() -> dict[str, int]:
    aliases = premises.PremiseAlias.objects
    return {
        "buildings": premises.PremiseBatch.objects.count(),
        "vacant": premises.Premise.objects.filter(service_points__agreements=None).distinct().count(),
        "former addresses": aliases.filter(kind=premises.AliasKind.FORMER).count(),
        "second addresses": aliases.filter(kind=premises.AliasKind.COMMON).count(),
        "appliances": premises.Appliance.objects.count(),
        "archive": premises.NetworkRecord.objects.count(),
        "classes": premises.PremiseValue.objects.count(),
        "files": files.FileLink.objects.filter(removed_at__isnull=True).count(),
        "files taken off": files.FileLink.objects.filter(removed_at__isnull=False).count(),
    }


def _meters() -> dict[str, int]:
    carried = metering.CarriedUsage.objects
    states = devices.Meter.objects
    return {
        **{f"meters {one.name}": states.filter(state=one).count() for one in _METER_STATES},
        "seals": devices.Seal.objects.count(),
        "tests": devices.MeterTest.objects.count(),
        "carried by reading": carried.filter(estimate_rule=None).count(),
        "carried by mean": carried.exclude(estimate_rule=None).count(),
    }


def _accounts() -> dict[str, int]:
    accounts, changes = agreements.Account.objects, agreements.AccountStateChange.objects
    approved = agreements.HouseholdSource.APPROVED
    refunds = payments.Payment.objects.filter(received_minor__lt=0, reverses__isnull=True)
    return {
        **{f"accounts {one.name}": accounts.filter(state=one).count() for one in _ACCOUNT_STATES},
        "transferred": agreements.AccountHolder.objects.filter(until_on__isnull=False).count(),
        "opened again": changes.filter(to_state=_ACCOUNTS.ACTIVE, undoes__isnull=False).count(),
        "refunded": refunds.count(),
        "contracts": agreements.Contract.objects.count(),
        "certificates issued again": agreements.UsageCertificate.objects.exclude(replaces=None).count(),
        "approved households": agreements.HouseholdSize.objects.filter(source=approved).count(),
        "usage types": agreements.AgreementUsage.objects.count(),
        "areas": agreements.HeatedArea.objects.count(),
        "concessions": agreements.AgreementConcession.objects.count(),
        "mixed use": agreements.PriceShare.objects.count(),
        "fees of acts": billing.Fee.objects.exclude(act_key=None).count(),
        "fees taken back": billing.FeeTakenBack.objects.count(),
        "other numbers": agreements.ExternalNumber.objects.count(),
    }
