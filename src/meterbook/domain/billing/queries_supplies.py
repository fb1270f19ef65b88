"""What stands of meters in service: who, where, which price, which numbers, what was brought along."""

import polars as pl

from meterbook.domain import columns
from meterbook.domain.billing import rules
from meterbook.domain.ledger import rules as ledger

# Lists hold "kind:number", whatever stands now; amounts are minor units, quantities thousandths.
STANDING: dict[str, pl.DataType | type[pl.DataType]] = {
    "serial_no": pl.String,
    "station": pl.String,
    "account_no": pl.String,
    "name": pl.String,
    "customer_class": pl.Int16,
    "phones": pl.List(pl.String),
    "district": pl.String,
    "street": pl.String,
    "address": pl.String,
    "persons": pl.Int16,
    "utility": pl.Int16,
    "maker": pl.String,
    "model_name": pl.String,
    "digits": pl.Int16,
    "multiplier_milli": pl.Int32,
    "initial_milli": pl.Int64,
    "installed_on": pl.Date,
    "from_on": pl.Date,
    "book": pl.String,
    "sequence": pl.Int32,
    "tariff": pl.String,
    "customer_kind": pl.Int16,
    "documents": pl.List(pl.String),
    "contact_names": pl.List(pl.String),
    "language": pl.String,
    "reader_remark": pl.String,
    "invoice_title": pl.String,
    "tax_no": pl.String,
    "external_numbers": pl.List(pl.String),
    "usage_type": pl.String,
    "area_milli": pl.Int64,
    "nominal_diameter": pl.Int16,
    "manufactured_on": pl.Date,
    "verified_on": pl.Date,
    "barcode": pl.String,
    "seals": pl.List(pl.String),
    "owed_minor": pl.Int64,
    "owed_due_on": pl.Date,
    "prepaid_minor": pl.Int64,
    "counted_milli": pl.Int64,
}
_STANDING = """
SELECT m.serial_no, s.code, a.account_no, c.name, c.customer_class,
    ARRAY(SELECT value FROM customers_contactpoint
        WHERE customer_id = c.id AND kind = 1 AND valid_until IS NULL),
    p.district, p.street, p.address,
    (SELECT persons FROM agreements_householdsize WHERE agreement_id = g.id AND until_on IS NULL),
    mm.utility, mm.maker, mm.name, re.digits, re.multiplier_milli,
    (SELECT value_milli FROM metering_reading
        WHERE register_id = re.id AND read_on = g.from_on ORDER BY revision DESC LIMIT 1),
    i.installed_on, g.from_on, bo.code, bp.sequence, t.code, c.kind,
    ARRAY(SELECT kind || ':' || number_key FROM customers_identitydocument
        WHERE customer_id = c.id AND valid_until IS NULL),
    ARRAY(SELECT contact_name FROM customers_contactpoint WHERE customer_id = c.id AND valid_until IS NULL),
    c.language, c.reader_remark, f.title, f.tax_no,
    ARRAY(SELECT kind || ':' || number FROM agreements_externalnumber
        WHERE account_id = a.id AND valid_until IS NULL),
    (SELECT y.code FROM agreements_agreementusage x JOIN agreements_usagetype y ON y.id = x.usage_type_id
        WHERE x.agreement_id = g.id AND x.until_on IS NULL),
    (SELECT area_milli FROM agreements_heatedarea WHERE agreement_id = g.id AND until_on IS NULL),
    mm.nominal_diameter, m.manufactured_on, m.verified_on, m.barcode,
    ARRAY(SELECT seal_no FROM devices_seal WHERE meter_id = m.id AND removed_on IS NULL),
    o.amount_minor, o.due_on,
    (SELECT -sum(e.amount_minor)::bigint FROM ledger_journal j
        JOIN ledger_ledgerentry e ON e.journal_id = j.id
        WHERE j.kind = %(opening)s AND j.source_id = a.id AND e.ledger_account_id = %(prepayment)s),
    (SELECT quantity_milli FROM agreements_openingcounter
        WHERE agreement_id = g.id AND as_of = g.from_on ORDER BY starts_on DESC LIMIT 1)
FROM devices_meter m
JOIN devices_metermodel mm ON mm.id = m.model_id
JOIN devices_register re ON re.meter_id = m.id AND re.band = 0
JOIN devices_installation i ON i.meter_id = m.id AND i.removed_on IS NULL
JOIN premises_servicepoint sp ON sp.id = i.service_point_id
JOIN premises_premise p ON p.id = sp.premise_id
JOIN agreements_supplyagreement g ON g.service_point_id = sp.id AND g.until_on IS NULL
JOIN agreements_account a ON a.id = g.account_id
JOIN customers_customer c ON c.id = a.customer_id
JOIN access_orgunit s ON s.id = a.station_id
LEFT JOIN agreements_agreementtariff at ON at.agreement_id = g.id AND at.until_on IS NULL
LEFT JOIN tariffs_tariff t ON t.id = at.tariff_id
LEFT JOIN metering_bookplace bp ON bp.service_point_id = sp.id
LEFT JOIN metering_book bo ON bo.id = bp.book_id
LEFT JOIN customers_invoiceprofile f ON f.customer_id = c.id AND f.until_on IS NULL
LEFT JOIN LATERAL (
    SELECT b.amount_minor, b.due_on FROM billing_bill b
    WHERE b.account_id = a.id AND b.agreement_id = g.id AND b.usage_id IS NULL AND b.run_id IS NULL
        AND EXISTS (SELECT FROM billing_billline l
            WHERE l.bill_id = b.id AND l.tariff_version_id = %(brought_along)s)
    ORDER BY b.id LIMIT 1
) AS o ON true
WHERE m.serial_no = ANY(%(serial_nos)s)
"""


def standing_supplies(*, serial_nos: list[str]) -> pl.DataFrame:
    """What stands of those of the meters that hang somewhere under an open agreement: columns STANDING."""
    return columns.fetch(
        statement=_STANDING,
        parameters={
            "serial_nos": serial_nos,
            "opening": ledger.JournalKind.OPENING_PREPAYMENT.value,
            "prepayment": ledger.Chart.PREPAYMENT.value,
            "brought_along": rules.BROUGHT_ALONG,
        },
        schema=STANDING,
    )
