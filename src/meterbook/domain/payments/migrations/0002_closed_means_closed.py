"""A counted shift takes no payment any more, and a taken-over shift changes no more: the database says so."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION payment_needs_open_shift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM payments_shift WHERE id = NEW.shift_id AND state = 1 AND business_on = NEW.business_on FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'shift % is not open on %', NEW.shift_id, NEW.business_on USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER open_shift BEFORE INSERT ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION payment_needs_open_shift();

CREATE FUNCTION shift_only_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <= OLD.state AND NOT (NEW.* IS NOT DISTINCT FROM OLD.*) THEN
        RAISE EXCEPTION 'shift % is closed: it can only be taken over', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.staff_id <> OLD.staff_id OR NEW.station_id <> OLD.station_id
            OR NEW.business_on <> OLD.business_on OR NEW.opened_at <> OLD.opened_at THEN
        RAISE EXCEPTION 'shift % keeps its clerk, station and day', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER only_on BEFORE UPDATE ON payments_shift FOR EACH ROW EXECUTE FUNCTION shift_only_moves_on();

CREATE FUNCTION shift_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'shifts are never deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER kept BEFORE DELETE ON payments_shift FOR EACH ROW EXECUTE FUNCTION shift_is_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [
        migrations.RunSQL(
            FORWARD,
            "DROP TRIGGER open_shift ON payments_payment; DROP FUNCTION payment_needs_open_shift();"
            "DROP TRIGGER only_on ON payments_shift; DROP FUNCTION shift_only_moves_on();"
            "DROP TRIGGER kept ON payments_shift; DROP FUNCTION shift_is_kept();",
        )
    ]
