"""The database itself refuses a journal that does not sum to zero, and keeps the balances.

Checked per statement over the inserted rows, so a bulk load pays once and not per row. Because the
lines of a journal must be numbered 1..n within one statement and (journal_id, line_no) is the
primary key, nothing can ever be added to a journal that is already posted.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION ledger_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong bigint;
BEGIN
    SELECT journal_id INTO wrong FROM inserted GROUP BY journal_id
        HAVING sum(amount_minor) <> 0 OR min(line_no) <> 1 OR max(line_no) <> count(*) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal % does not sum to zero or is not numbered 1..n in one statement', wrong
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT i.journal_id INTO wrong FROM inserted i LEFT JOIN ledger_journal j
        ON j.id = i.journal_id AND j.posted_on = i.posted_on AND j.station_id = i.station_id
        WHERE j.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries of journal % do not belong to a journal of that day and station', wrong
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT i.ledger_account_id INTO wrong FROM inserted i LEFT JOIN ledger_ledgeraccount a ON a.id = i.ledger_account_id
        WHERE a.id IS NULL OR (a.subject_kind = 0) <> (i.subject_id IS NULL) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger account % is unknown, or needs a subject, or takes none', wrong
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO ledger_ledgerbalance AS b (subject_id, ledger_account_id, station_id, balance_minor)
        SELECT subject_id, ledger_account_id, min(station_id), sum(amount_minor) FROM inserted
            WHERE subject_id IS NOT NULL GROUP BY subject_id, ledger_account_id
            ORDER BY subject_id, ledger_account_id
        ON CONFLICT (subject_id, ledger_account_id)
            DO UPDATE SET balance_minor = b.balance_minor + excluded.balance_minor;
    RETURN NULL;
END $$;
CREATE TRIGGER zero_sum AFTER INSERT ON ledger_ledgerentry
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(
            FORWARD,
            "DROP TRIGGER zero_sum ON ledger_ledgerentry; DROP FUNCTION ledger_entry_guard();",
        )
    ]
