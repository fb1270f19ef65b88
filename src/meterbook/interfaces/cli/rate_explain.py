"""What a customer reads beside a line: how it was worked out, for which days, at which published price."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from meterbook.interfaces.cli import tariff_choice
from meterbook.interfaces.cli.tongue import Language, Tongue
from meterbook.rating import explain

_ONE_DAY = dt.timedelta(days=1)


def explanation(row: Mapping[str, Any], *, entry: tariff_choice.Entry, tongue: Tongue) -> str:
    """The sentence of a line (columns.LINES, its dates as line_from and line_until), and where it comes from.

    `entry` is the version the line was priced by, which may be an earlier one than the row's.
    """
    _ = tongue.gettext
    text = explain.component_text(version=entry.version, component_no=row["component_no"])
    line = explain.Line.from_row({**row, "period_from": row["line_from"], "period_until": row["line_until"]})
    parts = [explain.sentence(line=line, component=text, language=tongue.language.value)]
    if row["tier"] and row["before_milli"]:
        before = explain.running_total_sentence(line=line, component=text, language=tongue.language.value)
        parts.append(before)
    parts.append(
        _("for {from_} to {last}, {days} days").format(
            from_=row["line_from"], last=row["line_until"] - _ONE_DAY, days=row["days"]
        )
    )
    parts.append(_in_force(entry, tongue=tongue))
    parts.append(_("source: {source}").format(source=", ".join(entry.document.source)))
    return ("；" if tongue.language is Language.ZH else "; ").join(parts)


def _in_force(entry: tariff_choice.Entry, *, tongue: Tongue) -> str:
    _ = tongue.gettext
    version = entry.version
    if version.effective_until is None:
        return _("price in force since {from_}").format(from_=version.effective_from)
    return _("price in force {from_} to {last}").format(
        from_=version.effective_from, last=version.effective_until - _ONE_DAY
    )
