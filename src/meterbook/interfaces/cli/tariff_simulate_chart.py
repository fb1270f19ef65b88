"""The outcome of a simulation as a picture: revenue before and after by class, the change by decile."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from meterbook.interfaces.cli import svg_drawing, tariff_words
from meterbook.interfaces.cli import tariff_simulate_tables as tables
from meterbook.interfaces.cli.tongue import Language, Tongue
from meterbook.kernel import money, rounding, scaled

if TYPE_CHECKING:
    from meterbook.interfaces.cli.tariff_simulate import Trial

_BEFORE, _AFTER, _LESS, _MORE = "#9fb0bd", "#0e5a78", "#3b8c5a", "#b8532f"
_WIDTH, _HEIGHT = 960, 760
# More classes than this are one picture too many; the rest is drawn as one.
_MOST_CLASSES = 6
# Large sums are written in the round numbers of their language, so that they fit.
_SCALES = {
    Language.EN: ((10**9, "bn"), (10**6, "m"), (10**3, "k")),
    Language.ZH: ((10**8, "亿"), (10**4, "万")),
}


def svg(trial: "Trial", *, tongue: Tongue) -> str:
    """The picture as text."""
    _ = tongue.gettext
    outcome = trial.outcome
    change = money.format_minor(outcome.new_minor - outcome.old_minor, exponent=trial.exponent)
    percent = tariff_words.hundredths_text(outcome.change_hundredths)
    counts = outcome.counts
    notes = [
        *tables.heads(trial, tongue=tongue),
        _("Change of revenue: {change} {currency} ({percent})").format(
            change=change, currency=trial.currency, percent=percent
        ),
        _("Accounts: {less} pay less, {more} pay more, {same} pay the same").format(
            less=f"{counts.winners:,}", more=f"{counts.losers:,}", same=f"{counts.unchanged:,}"
        ),
    ]
    return svg_drawing.document(
        width=_WIDTH,
        height=_HEIGHT,
        title=_("What the new prices would mean"),
        notes=notes,
        panels=[_revenue(trial, tongue=tongue), _deciles(trial, tongue=tongue)],
    )


def _revenue(trial: "Trial", *, tongue: Tongue) -> svg_drawing.Panel:
    """Before and after, in all and by class."""
    _ = tongue.gettext
    outcome = trial.outcome
    rows = [(_("All"), outcome.old_minor, outcome.new_minor)]
    classes = outcome.by_class.select("class", "old_minor", "new_minor").rows()
    named = [(name or "–", old, new) for name, old, new in classes]
    if len(named) > 1:
        named.sort(key=lambda row: -row[1])
        rows += named[:_MOST_CLASSES]
        if rest := named[_MOST_CLASSES:]:
            rows.append((_("Others"), sum(row[1] for row in rest), sum(row[2] for row in rest)))
    before = [old for _name, old, _new in rows]
    after = [new for _name, _old, new in rows]
    return svg_drawing.Panel(
        title=_("Revenue by class ({currency})").format(currency=trial.currency),
        labels=tuple(name for name, _old, _new in rows),
        series=(
            _series(_("Amount before"), before, color=_BEFORE, trial=trial, tongue=tongue),
            _series(_("Amount after"), after, color=_AFTER, trial=trial, tongue=tongue),
        ),
        tick=lambda value: _short(value, trial, tongue=tongue),
        left=24,
        top=150,
        width=_WIDTH - 48,
        height=270,
    )


def _series(
    name: str, values: Sequence[int], *, color: str, trial: "Trial", tongue: Tongue
) -> svg_drawing.Series:
    texts = tuple(_short(value, trial, tongue=tongue) for value in values)
    return svg_drawing.Series(name=name, color=color, values=tuple(values), texts=texts)


def _deciles(trial: "Trial", *, tongue: Tongue) -> svg_drawing.Panel:
    """The mean change of each tenth of the accounts: green pays less, red more."""
    _ = tongue.gettext
    frame = trial.outcome.deciles
    means = frame["mean_minor"].to_list()
    texts = tuple(money.format_minor(mean, exponent=trial.exponent) for mean in means)
    return svg_drawing.Panel(
        title=_("Mean change of the bill by decile, least first ({currency})").format(
            currency=trial.currency
        ),
        labels=tuple(str(decile) for decile in frame["decile"].to_list()),
        series=(
            svg_drawing.Series(name="", color=_MORE, values=tuple(means), texts=texts, below_zero=_LESS),
        ),
        tick=lambda value: money.format_minor(value, exponent=trial.exponent),
        left=24,
        top=450,
        width=_WIDTH - 48,
        height=280,
    )


def _short(amount_minor: int, trial: "Trial", *, tongue: Tongue) -> str:
    """A large amount in thousands, millions ... with two decimals: "79.43 m"."""
    unit_minor = 10**trial.exponent
    for size, letter in _SCALES[tongue.language]:
        if abs(amount_minor) >= size * unit_minor:
            hundredths = rounding.round_ratio(
                numerator=amount_minor * 100, denominator=size * unit_minor, mode=rounding.Mode.HALF_UP
            )
            return f"{scaled.render(value=hundredths, decimals=2, grouping=True, trim_to=0)} {letter}"
    return money.format_minor(amount_minor, exponent=trial.exponent)
