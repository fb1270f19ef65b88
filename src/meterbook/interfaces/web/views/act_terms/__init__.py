"""The words of audit rows, subject by subject: what acts, subjects, fields and values are called."""
