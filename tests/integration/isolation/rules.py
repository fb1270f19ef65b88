"""What every address of the staff's screens demands, stated a second time, apart from the code.

A new route fails the tests until it stands here; so does a route whose right changes.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rule:
    """`right`: None is every person who is logged in. `renamed`: route parameter -> id of the world.

    `is_shared`: the page shows nothing that belongs to a station, so anybody with the right opens it.
    `is_company_wide`: only who belongs to the company itself opens it, nobody of a station.
    """

    right: str | None
    renamed: dict[str, str] = field(default_factory=dict)
    is_shared: bool = False
    is_company_wide: bool = False


# Of the shell: no person yet, or only oneself.
SHELL = {"login", "logout", "language", "theme", "resume", "resume_form", "password"}
_BILLED = {"round_id": "billed_round_id"}
_OF_ACCOUNT = {"kind": "file_subject_kind", "subject_id": "account_id"}
_CHANGE = {"change_id": "meter_change_id"}
_READINGS_FILE = {"import_id": "readings_import_id"}

RULES: dict[str, Rule] = {
    "home": Rule(None),
    "search": Rule(None),
    "palette": Rule(None),
    "view_save": Rule(None),
    "view_delete": Rule(None),
    "api_access": Rule("api.manage"),
    "api_access_withdraw": Rule("api.manage"),
    "api_reference": Rule("api.manage", is_shared=True),
    "audit": Rule("audit.view"),
    "audit_entry": Rule("audit.view", {"entry_id": "audit_entry_id"}),
    "bill_runs": Rule("billing.preview"),
    "bill_run": Rule("billing.preview", _BILLED),
    "bill_run_preview": Rule("billing.preview", _BILLED),
    "bill_run_issue": Rule("billing.issue", _BILLED),
    "bill_run_rest": Rule("billing.issue", _BILLED),
    "bill_run_release": Rule("billing.issue", _BILLED),
    "bill_runs_preview": Rule("billing.preview"),
    "bill_runs_issue": Rule("billing.issue"),
    "bills": Rule("billing.view"),
    "bill": Rule("billing.view"),
    "bill_print": Rule("billing.view"),
    "files": Rule("files.view", _OF_ACCOUNT),
    "file": Rule("files.view"),
    "file_thumbnail": Rule("files.view"),
    "file_remove": Rule("files.edit"),
    "file_restore": Rule("files.edit"),
    "customers": Rule("customers.view"),
    "customer": Rule("customers.view"),
    "customer_list": Rule("customers.view"),
    "customer_new": Rule("customers.edit"),
    "customer_change": Rule("customers.edit"),
    "contact_add": Rule("customers.edit"),
    "contact_close": Rule("customers.edit"),
    "contact_prefer": Rule("customers.edit"),
    "document_add": Rule("customers.edit"),
    "document_close": Rule("customers.edit"),
    "customer_invoicing": Rule("customers.edit"),
    "customer_tag": Rule("customers.edit"),
    "customer_untag": Rule("customers.edit"),
    "customer_list_put": Rule("customers.rate"),
    "customer_list_end": Rule("customers.rate"),
    "customer_rate": Rule("customers.rate"),
    "customer_credit": Rule("customers.rate"),
    "customer_rate_all": Rule("customers.rate"),
    "customer_duplicates": Rule("customers.merge"),
    "customer_merge": Rule("customers.merge", {"other_id": "merged_id"}),
    "customer_merge_undo": Rule("customers.merge"),
    "account": Rule("customers.view"),
    "account_state": Rule("customers.view"),
    "account_state_undo": Rule("customers.view"),
    "account_household": Rule("accounts.change"),
    "account_usage": Rule("accounts.change"),
    "account_area": Rule("accounts.change"),
    "account_concession": Rule("accounts.change"),
    "account_shares": Rule("accounts.change"),
    "account_external": Rule("accounts.change"),
    "account_external_end": Rule("accounts.change"),
    "account_contract": Rule("contracts.edit"),
    "account_contract_end": Rule("contracts.edit"),
    "account_certificate": Rule("contracts.edit"),
    "account_certificate_print": Rule("customers.view"),
    "imports": Rule("customers.import"),
    "import_template": Rule("customers.import"),
    "import": Rule("customers.import"),
    "import_errors": Rule("customers.import"),
    "import_apply": Rule("customers.import"),
    "import_readings": Rule("readings.enter"),
    "readings_template": Rule("readings.enter"),
    "readings_import": Rule("readings.enter", _READINGS_FILE),
    "readings_import_apply": Rule("readings.enter", _READINGS_FILE),
    "readings_import_errors": Rule("readings.enter", _READINGS_FILE),
    "ledger": Rule("ledger.view"),
    "ledger_proof": Rule("ledger.view", is_company_wide=True),
    "meters": Rule("customers.view"),
    "meter": Rule("customers.view"),
    "meter_store": Rule("customers.view"),
    "meters_receive": Rule("meters.edit"),
    "meters_move": Rule("meters.edit", {"act": "meter_act"}, is_shared=True),
    "meter_labels": Rule("customers.view"),
    "meter_models": Rule("customers.view"),
    "meter_model_new": Rule("meters.edit"),
    "meter_model": Rule("meters.edit", is_shared=True),
    "meter_checks": Rule("customers.view", is_shared=True),
    "meter_order_sheet": Rule("customers.view", is_shared=True),
    "meter_undo": Rule("meters.edit"),
    "meter_seal": Rule("meters.edit"),
    "meter_unseal": Rule("meters.edit"),
    "meter_test": Rule("meters.edit"),
    "meter_barcode": Rule("meters.edit"),
    "meter_swap": Rule("meters.fit"),
    "meter_place": Rule("meters.fit"),
    "meter_fitting": Rule("meters.fit"),
    "meter_change": Rule("meters.fit", _CHANGE),
    "meter_change_sheet": Rule("meters.fit", _CHANGE),
    "meter_change_undo": Rule("meters.fit", _CHANGE),
    "books": Rule("readings.view"),
    "book": Rule("readings.view"),
    "open_round": Rule("readings.accept"),
    "round": Rule("readings.view"),
    "accept_round": Rule("readings.accept"),
    "round_row": Rule("readings.enter"),
    "held_readings": Rule("readings.view"),
    "entry": Rule("readings.view"),
    "confirm_reading": Rule("readings.confirm"),
    "leave_out_reading": Rule("readings.enter"),
    "payments": Rule("payments.view"),
    "payment_cancel": Rule("payments.view"),
    "receipt": Rule("payments.view"),
    "receipt_print": Rule("payments.view"),
    "receipt_pdf": Rule("payments.view"),
    "shifts": Rule("payments.view"),
    "shift": Rule("payments.view"),
    "shift_count": Rule("payments.take"),
    "shift_take_over": Rule("shifts.take_over"),
    "staff": Rule("staff.manage"),
    "staff_new": Rule("staff.manage"),
    "staff_member": Rule("staff.manage"),
    "staff_roles": Rule("staff.manage"),
    "staff_active": Rule("staff.manage"),
    "staff_password": Rule("staff.manage"),
    "staff_unlock": Rule("staff.manage"),
    "tariffs": Rule("tariffs.view"),
    "tariff": Rule("tariffs.view", is_shared=True),
    "till": Rule("payments.take"),
    "till_open_shift": Rule("payments.take"),
    "till_account": Rule("payments.take"),
}
