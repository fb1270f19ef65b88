"""The server's own settings file: safe first, then sized to the machine."""

from collections.abc import Mapping

import psutil

MEBIBYTE = 1024 * 1024


def for_this_machine() -> dict[str, str]:
    """Return the settings every embedded server starts with.

    A commit that was acknowledged is on disk: durability is never traded for speed here.
    """
    total_mb = psutil.virtual_memory().total // MEBIBYTE
    return {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "max_connections": "120",
        # An eighth of memory, within what pays off for one company's data.
        "shared_buffers": f"{_between(128, total_mb // 8, 2048)}MB",
        "effective_cache_size": f"{_between(256, total_mb // 2, 65536)}MB",
        "work_mem": f"{_between(4, total_mb // 512, 64)}MB",
        "maintenance_work_mem": f"{_between(64, total_mb // 32, 512)}MB",
        # A bill run writes in bursts; few checkpoints keep full-page images rare.
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "pglz",
        # One company is one schema: migrations lock every table of it in one transaction.
        "max_locks_per_transaction": "256",
        "jit": "off",
        "idle_in_transaction_session_timeout": "10min",
        "password_encryption": "scram-sha-256",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_min_duration_statement": "5s",
        "log_lock_waits": "on",
        "log_checkpoints": "off",
        "lc_messages": "C",
    }


def _between(low: int, wanted: int, high: int) -> int:
    return max(low, min(wanted, high))


def as_text(settings: Mapping[str, str]) -> str:
    """Return the settings as a file of PostgreSQL: one `name = 'value'` a line."""
    lines = ["# Written by Meterbook at every start: changes here are lost."]
    lines += [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in sorted(settings.items())]
    return "\n".join(lines) + "\n"
