"""People and organisations, how to reach them, the papers they are known by, what is thought of them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from meterbook.domain import tables
from meterbook.domain.customers import rules, rules_credit, rules_identity


class CustomerClass(models.IntegerChoices):
    RESIDENTIAL = 1
    NON_RESIDENTIAL = 2
    SPECIAL_USE = 3


class CustomerKind(models.IntegerChoices):
    PERSON = 1
    ORGANISATION = 2


class PaymentMethod(models.IntegerChoices):
    """How the customer means to pay."""

    COUNTER = 1
    BANK_DEBIT = 2
    TRANSFER = 3
    ONLINE = 4
    AGENT = 5
    CARD = 6


class Industry(models.Model):
    """What a business does: the company's list, beginning with the sections of GB/T 4754."""

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Sound(models.Func):
    """How a pinyin sounds to an ear that hears no difference between zh and z, ng and n, n and l, h and f.

    The same as rules.sound_key, so that what was misheard or mistyped is found by equality.
    """

    template = (
        "translate(regexp_replace(regexp_replace(%(expressions)s, '([zcs])h', '\\1', 'g'), 'ng', 'n', 'g'),"
        " 'nh', 'lf')"
    )
    output_field = models.CharField(max_length=240)


class Ends(models.Func):
    """First and last sign of a name of three or four, else nothing: finds one wrong sign in the middle."""

    template = (
        "CASE WHEN length(%(expressions)s) IN (3, 4)"
        " THEN left(%(expressions)s, 1) || right(%(expressions)s, 1) ELSE '' END"
    )
    output_field = models.CharField(max_length=2)


class Customer(models.Model):
    """A person or organisation; the holder of accounts. `merged_into`: kept twice, look there."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    customer_class = models.SmallIntegerField(choices=CustomerClass.choices)
    kind = models.SmallIntegerField(
        choices=CustomerKind.choices, default=CustomerKind.PERSON, db_default=CustomerKind.PERSON
    )
    name = models.CharField(max_length=120)
    # Sort and search keys: PostgreSQL here has no ICU, so pinyin is kept beside the name.
    name_pinyin = models.CharField(max_length=240, blank=True)
    name_initials = models.CharField(max_length=60, blank=True)
    name_sound = models.GeneratedField(
        expression=Sound("name_pinyin"), output_field=models.CharField(max_length=240), db_persist=True
    )
    name_ends = models.GeneratedField(
        expression=Ends("name"), output_field=models.CharField(max_length=2), db_persist=True
    )
    # BCP 47, e.g. zh-hans; empty is the company's language.
    language = models.CharField(max_length=20, blank=True, default="", db_default="")
    payment_method = models.SmallIntegerField(
        choices=PaymentMethod.choices, default=PaymentMethod.COUNTER, db_default=PaymentMethod.COUNTER
    )
    industry = models.ForeignKey(Industry, null=True, on_delete=models.PROTECT, related_name="+")
    # For the clerk, and for the reader at the door.
    remark = models.CharField(max_length=200, blank=True)
    reader_remark = models.CharField(max_length=200, blank=True, default="", db_default="")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    # Made by whoever asked for the customer, so that a form sent twice registers once.
    request_key = models.UUIDField(null=True, unique=True)
    # Counts the changes: who saves says which one was on the page, so that nobody's work is lost unseen.
    version = models.IntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")), name="customer_not_merged_into_itself"
            )
        ]
        indexes = [
            models.Index(fields=["name_pinyin"], name="customer_by_pinyin"),
            models.Index(fields=["name_initials"], name="customer_by_initials"),
            models.Index(fields=["name_sound"], name="customer_by_sound"),
            models.Index(fields=["name_ends"], name="customer_by_ends"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_trigrams"),
        ]

    def __str__(self) -> str:
        return self.name


class ContactPoint(models.Model):
    """A way to reach the customer, with the period in which it was valid."""

    class Kind(models.IntegerChoices):
        PHONE = 1
        EMAIL = 2
        WECHAT = 3
        POST = 4

    class Label(models.IntegerChoices):
        """Whose it is or what it is for."""

        UNSAID = 0
        OWNER = 1
        TENANT = 2
        OFFICE = 3
        EMERGENCY = 4
        FINANCE = 5
        FAMILY = 6
        OTHER = 9

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.SmallIntegerField(choices=Kind.choices)
    label = models.SmallIntegerField(choices=Label.choices, default=Label.UNSAID, db_default=Label.UNSAID)
    contact_name = models.CharField(max_length=60, blank=True, default="", db_default="")
    value = models.CharField(max_length=rules.LONGEST_CONTACT)
    # Reversed, so that the tail of a phone number is found by a prefix scan.
    value_reversed = models.CharField(max_length=rules.LONGEST_CONTACT)
    is_preferred = models.BooleanField(default=False, db_default=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(value=""), name="contact_point_not_empty"),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="contact_point_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind", "value"],
                condition=models.Q(valid_until__isnull=True),
                name="contact_point_current_value_once",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(valid_until__isnull=True, is_preferred=True),
                name="contact_point_one_preferred",
            ),
        ]
        indexes = [
            models.Index(OpClass("value_reversed", name="varchar_pattern_ops"), name="contact_point_tail")
        ]


class IdentityDocument(models.Model):
    """A paper by which the customer is known, in [valid_from, valid_until): one current of a kind.

    `number_key` is what two numbers are compared by (an old identity number's new form); reversed, so that
    its tail is found by a prefix scan. `expires_on` is printed on the paper.
    """

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="documents")
    kind = models.SmallIntegerField(choices=[(int(kind), kind.name) for kind in rules_identity.DocumentKind])
    number = models.CharField(max_length=rules_identity.LONGEST_NUMBER)
    number_key = models.CharField(max_length=rules_identity.LONGEST_NUMBER)
    number_reversed = models.CharField(max_length=rules_identity.LONGEST_NUMBER)
    expires_on = models.DateField(null=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(number=""), name="identity_document_not_empty"),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="identity_document_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(valid_until__isnull=True),
                name="identity_document_current_once",
            ),
        ]
        indexes = [
            models.Index(OpClass("number_key", name="varchar_pattern_ops"), name="identity_document_key"),
            models.Index(
                OpClass("number_reversed", name="varchar_pattern_ops"), name="identity_document_tail"
            ),
        ]


class InvoiceProfile(models.Model):
    """What stands on the customer's invoices and where they go, in [from_on, until_on)."""

    class Kind(models.IntegerChoices):
        ORDINARY = 1
        SPECIAL = 2

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoice_profiles")
    kind = models.SmallIntegerField(choices=Kind.choices, default=Kind.ORDINARY)
    title = models.CharField(max_length=120)
    tax_no = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    bank = models.CharField(max_length=100, blank=True)
    bank_account = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=120, blank=True)
    delivery_phone = models.CharField(max_length=30, blank=True)
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints = [
            tables.no_overlap(
                name="invoice_profile_one_at_a_time", same="customer", since="from_on", until="until_on"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=2)
                | ~(
                    models.Q(tax_no="")
                    | models.Q(address="")
                    | models.Q(phone="")
                    | models.Q(bank="")
                    | models.Q(bank_account="")
                ),
                name="invoice_profile_special_is_complete",
            ),
        ]


class Tag(models.Model):
    """A word of the company's own to mark customers with."""

    name = models.CharField(max_length=30, unique=True)

    def __str__(self) -> str:
        return self.name


class CustomerTag(models.Model):
    """A customer carries a tag in [since_on, removed_on)."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="tags")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+")
    since_on = models.DateField()
    given_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    removed_on = models.DateField(null=True)
    removed_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "tag"],
                condition=models.Q(removed_on__isnull=True),
                name="customer_tag_current_once",
            )
        ]


class CustomerMerge(tables.AppendOnly):
    """One customer kept twice became one: `account_ids` moved from `merged` to `kept`; or that was undone."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    kept = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merged_by")
    account_ids = ArrayField(models.BigIntegerField())
    reason = models.CharField(max_length=200)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    at = models.DateTimeField()
    by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="customer_merge_with_reason"),
            models.CheckConstraint(
                condition=~models.Q(kept=models.F("merged")), name="customer_merge_of_two"
            ),
        ]


class CreditScheme(tables.AppendOnly):
    """How credit is scored (rules_credit): the highest version counts, earlier scores keep theirs."""

    version = models.IntegerField(unique=True)
    document = models.JSONField()
    at = models.DateTimeField()
    by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")


class CreditScore(tables.AppendOnly):
    """What a customer scored on a day, with every factor's value and points. Lean: written for everybody."""

    id = models.BigAutoField(primary_key=True)
    customer_id = models.BigIntegerField()
    station_id = models.IntegerField()
    scheme_version = models.IntegerField()
    scored_on = models.DateField()
    score = models.SmallIntegerField()
    grade = models.CharField(max_length=rules_credit.LONGEST_GRADE)
    factors = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=100), name="credit_score_0_to_100"
            )
        ]
        indexes = [models.Index(fields=["customer_id", "-id"], name="credit_score_by_customer")]


class ListKind(models.IntegerChoices):
    """WATCH: to be looked at by dunning and audits. CARE: to be spared, e.g. ill or poor."""

    WATCH = 1
    CARE = 2


class ListEntry(models.Model):
    """A customer is on a list in [from_on, until_on), for a reason."""

    station = models.ForeignKey("access.OrgUnit", on_delete=models.PROTECT)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="list_entries")
    kind = models.SmallIntegerField(choices=ListKind.choices)
    reason = models.CharField(max_length=200)
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    put_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey("access.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="list_entry_with_reason"),
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=True)
                | (models.Q(until_on__gte=models.F("from_on")) & ~models.Q(end_reason="")),
                name="list_entry_ends_with_reason",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(until_on__isnull=True),
                name="list_entry_current_once",
            ),
        ]
