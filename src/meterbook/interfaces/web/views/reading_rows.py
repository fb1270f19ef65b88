"""Writes the rows of the keyed page as text, as lists do: a template per cell would take ten times as long.

Everything that comes from data is escaped; nothing but the markup in this file reaches the page unescaped.
"""

from dataclasses import dataclass
from html import escape

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from meterbook.domain.metering import models, rules
from meterbook.interfaces.web.templatetags import meterbook as tags
from meterbook.interfaces.web.views import reading_words
from meterbook.kernel import quantity
from meterbook.reporting import reading_rounds

# Texts so short are never cut.
SHOWN_WHOLE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry as a page draws it: how its state looks, and what was typed but not taken.

    `error` says why not, or what keeps the round from being accepted; `is_conflict`: somebody else's value
    stands there now.
    """

    entry: reading_rounds.EntryRow
    look: reading_words.Look
    value_text: str
    typed: str
    checks: str
    error: str | Promise = ""
    is_conflict: bool = False


def line_of(entry: reading_rounds.EntryRow) -> Line:
    """An entry as it stands."""
    value = "" if entry.value_milli is None else quantity.format_milli(entry.value_milli, grouping=False)
    return Line(
        entry=entry,
        look=reading_words.ENTRY_STATES[entry.state],
        value_text=value,
        typed=value,
        checks=reading_words.checks_text(entry.checks),
    )


class RowWriter:
    """Writes rows for one page in one language. `may_enter` decides between boxes and plain values."""

    def __init__(self, *, may_enter: bool) -> None:
        self._may_enter = may_enter
        self._reading = escape(_("Reading"))
        self._now = escape(_("Now"))
        self._entry_url = reverse("entry", args=[0]).removesuffix("0/")
        self._states = {state: _tag(look) for state, look in reading_words.ENTRY_STATES.items()}

    def write(self, line: Line) -> SafeString:
        """One `<tr>`. Its data attributes let the page preview a usage: all in thousandths."""
        entry = line.entry
        key = entry.entry_id
        css = "is-wrong" if line.error else f"is-{line.look.kind or 'plain'}"
        capacity = 10**entry.digits * rules.MILLI
        cells = (
            f'<td class="is-number muted">{entry.sequence}</td>'
            f'<td class="number"><a class="record" href="{self._entry_url}{key}/" tabindex="-1">'
            f"{escape(tags.account_no(entry.account_no))}</a></td>"
            f"{_cut(entry.name)}{_cut(entry.address, css=' is-address')}"
            f'<td class="number">{escape(entry.serial_no)}</td>'
            f'<td class="is-number">{quantity.format_milli(entry.previous_milli)}'
            f" <small>{entry.previous_on:%m-%d}</small></td>"
            f'<td class="is-number">{tags.quantity(_cut_off(entry.average_milli, to=100))}</td>'
            f'<td class="is-number">{tags.quantity(_cut_off(entry.high_value_milli, to=rules.MILLI))}</td>'
            f"{self._box(line)}"
            f'<td class="is-number" data-usage>{tags.quantity(entry.quantity_milli)}</td>'
            f'<td class="is-state" data-state>{self._states[entry.state]}{self._remark(line)}</td>'
        )
        return SafeString(
            f'<tr id="e{key}" class="{css}" data-entry="{key}" data-previous="{entry.previous_milli}"'
            f' data-high="{entry.high_milli}" data-multiplier="{entry.multiplier_milli}"'
            f' data-capacity="{capacity}">{cells}</tr>'
        )

    def _box(self, line: Line) -> str:
        if not self._may_enter:
            return f'<td class="is-number">{tags.quantity(line.entry.value_milli)}</td>'
        key = line.entry.entry_id
        invalid = ' aria-invalid="true"' if line.error else ""
        return (
            f'<td class="is-box"><input name="value_{key}" value="{escape(line.typed)}" inputmode="decimal"'
            f' maxlength="16" class="control" aria-label="{self._reading} {escape(line.entry.serial_no)}"'
            f"{invalid} data-value>"
            f'<input type="hidden" name="before_{key}" value="{line.value_text}">'
            f'<input type="hidden" name="version_{key}" value="{line.entry.version}"></td>'
        )

    def _remark(self, line: Line) -> str:
        """What stands behind the state: why it was refused, why it is held, or the reason given."""
        entry = line.entry
        if line.is_conflict:
            stands = f"{tags.quantity(entry.value_milli)} ({escape(entry.entered_by)})"
            return f' <b class="bad">{escape(str(line.error))} {self._now}: {stands}</b>'
        if line.error:
            return f' <b class="bad">{escape(str(line.error))}</b>'
        if line.checks and entry.state is models.EntryState.HELD:
            url = f"{self._entry_url}{entry.entry_id}/"
            return f' <a href="{url}" tabindex="-1">{escape(line.checks)}</a>'
        return f' <span class="muted">{escape(entry.reason)}</span>' if entry.reason else ""


def _cut_off(quantity_milli: int | None, *, to: int) -> int | None:
    """A guide to the eye needs no thousandths: whole units, or tenths, never more than the figure itself."""
    return None if quantity_milli is None else quantity_milli - quantity_milli % to


def _tag(look: reading_words.Look) -> str:
    kind = f" is-{look.kind}" if look.kind else ""
    return f'<span class="tag{kind}">{tags.icon(look.icon)}{escape(str(look.text))}</span>'


def _cut(text: str, *, css: str = "") -> str:
    """A cell that may be cut; the whole text shows when the pointer rests on it."""
    shown = escape(text)
    title = f' title="{shown}"' if len(text) > SHOWN_WHOLE else ""
    return f'<td class="is-cut{css}"{title}>{shown}</td>'
