"""The words before the sum: which tier, band, table or package, what was agreed, what is counted at most."""

from collections.abc import Iterator

from meterbook.kernel import quantity, rounding
from meterbook.rating import explain_lines, explain_products, explain_words
from meterbook.rating.charges import derived, fixed, kinds

_MOST_NAMES = 4
_PLAIN = {
    kinds.ChargeKind.PER_PERIOD: "fixed",
    kinds.ChargeKind.CAPACITY: "capacity",
    kinds.ChargeKind.DEMAND: "demand",
    kinds.ChargeKind.AREA: "area",
    kinds.ChargeKind.FREE_QUANTITY: "free",
}
_LIMITS = {
    kinds.ChargeKind.MINIMUM: "minimum",
    kinds.ChargeKind.MAXIMUM: "maximum",
}


def heads(
    *, line: explain_lines.Line, component: explain_lines.ComponentText, language: str
) -> Iterator[str]:
    """The parts of what stands before the sum; none for a plain quantity at a price."""
    yield from _own(line, component, language)
    yield from _calibre(line, component, language)
    yield from _agreed(line, component, language)
    yield from _share(component, language)


def _own(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> Iterator[str]:
    """What the kind of charge has to say."""
    kind = component.kind
    if kind in _PLAIN:
        yield explain_words.words(_PLAIN[kind], language=language)
    elif kind is kinds.ChargeKind.PACKAGE:
        row = component.row(line)
        size = explain_words.quantity_text((row and row.size_milli) or 0, unit=component.unit)
        yield explain_words.words("package", language=language, size=size)
    elif kind in _LIMITS:
        yield _limited(_LIMITS[kind], line, component, language)
    elif kind is kinds.ChargeKind.MONEY_OFF:
        yield _money_off(line, component, language)
    elif kind is kinds.ChargeKind.BILL_ROUNDING:
        yield _bill_rounding(line, component, language)
    elif kind is kinds.ChargeKind.PERCENTAGE:
        yield from _names(line, component, language)
    elif kind is kinds.ChargeKind.PERCENT_OFF:
        names = explain_words.listed(list(_names(line, component, language)), language=language)
        yield explain_words.words("percent_off", language=language, names=names)
    elif kind is kinds.ChargeKind.OVER_QUOTA:
        yield _over_quota(line, component, language)
    else:
        yield from _tiers(line, component, language)


def _tiers(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> Iterator[str]:
    """Band and table, then the tier with its bounds."""
    if component.kind in {kinds.ChargeKind.TIME_OF_USE, kinds.ChargeKind.TIME_OF_USE_TIERS}:
        yield from _band(line, component, language)
    if component.kind is kinds.ChargeKind.SWITCHING_TIERS:
        yield _table(line, component, language)
    if line.tier == 0:
        return
    name = "tier_left" if line.is_left_of_tiers else "tier"
    tier = explain_words.words(
        name, language=language, tier=line.tier, bounds=_bounds(line, component, language)
    )
    is_back = line.quantity_milli < 0
    if component.kind is kinds.ChargeKind.TIER_FEE:
        tier = explain_words.words("tier_fee_back" if is_back else "tier_fee", language=language, tier=tier)
    elif explain_products.is_fee(line, component):
        tier = explain_words.words("fee_back" if is_back else "fee", language=language, tier=tier)
    elif component.kind in {kinds.ChargeKind.VOLUME_TIERS, kinds.ChargeKind.SWITCHING_TIERS} and is_back:
        tier = explain_words.words("taken_back", language=language, tier=tier)
    yield tier
    if component.kind is kinds.ChargeKind.VOLUME_TIERS and not is_back and _is_whole_counter(line):
        yield explain_words.words("whole", language=language)


def _is_whole_counter(line: explain_lines.Line) -> bool:
    """Whether the counter moved into this tier, so that all of it is priced here."""
    starts, ends = line.tier_from_milli or 0, line.tier_until_milli
    was_here = line.before_milli > starts and (ends is None or line.before_milli <= ends)
    return line.before_milli > 0 and not was_here


def _bounds(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> str:
    """The tier's bounds as they follow its number."""
    text = _range(line.tier_from_milli, line.tier_until_milli, component, language)
    return text and explain_words.words("bounds", language=language, range=text)


def _range(
    from_milli: int | None, until_milli: int | None, component: explain_lines.ComponentText, language: str
) -> str:
    """Both ends, the lower one where there is no upper, nothing where there is neither."""
    starts = from_milli or 0
    if until_milli is not None:
        return explain_words.words(
            "range",
            language=language,
            from_=quantity.format_milli(starts),
            until=explain_words.quantity_text(until_milli, unit=component.unit),
        )
    if not starts:
        return ""
    from_ = explain_words.quantity_text(starts, unit=component.unit)
    return explain_words.words("above", language=language, from_=from_)


def _band(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> Iterator[str]:
    bands = () if component.version is None else component.version.bands
    names = {band.band_no: band.name for band in bands}
    if line.band in names:
        yield explain_lines.name_text(names[line.band], language=language)


def _table(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> str:
    row = component.row(line)
    totals = (None, None) if row is None else (row.table_from_milli, row.table_until_milli)
    return explain_words.words(
        "table", language=language, band=line.band, range=_range(*totals, component, language)
    )


def _over_quota(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> str:
    bounds = _bounds(line, component, language)
    if line.tier == 1:
        return explain_words.words("within_quota", language=language, bounds=bounds)
    return explain_words.words("over_quota", language=language, step=line.tier - 1, bounds=bounds)


def _limited(
    name: str, line: explain_lines.Line, component: explain_lines.ComponentText, language: str
) -> str:
    if line.base_minor is None:
        return explain_words.words(name, language=language)
    limit = explain_words.money_text(
        line.base_minor + line.amount_minor, currency=component.currency, language=language
    )
    return explain_words.words(f"{name}_of", language=language, limit=limit)


def _money_off(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> str:
    """What was due where that is all that could be taken off, else the amount a month where it is one."""
    if line.base_minor is not None and line.base_minor == -line.amount_minor:
        return explain_words.words("money_off_all", language=language)
    charge = None if component.component is None else component.component.charge
    if (
        isinstance(charge, derived.Limit)
        and (charge.time, charge.basis) == (kinds.Time.MONTHS, kinds.Basis.ONE)
        and not charge.by_calibre
    ):
        price = explain_words.price_text(charge.price_micro, currency=component.currency, language=language)
        return explain_words.words("money_off_monthly", language=language, price=price)
    return explain_words.words("money_off", language=language)


def _bill_rounding(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> str:
    how = explain_words.rounding_text(
        rounding.Rounding(line.rounding), currency=component.currency, language=language
    )
    return explain_words.words("bill_rounding", language=language, how=how)


def _names(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> Iterator[str]:
    """What a percentage is of, by name where that stays short; nothing where the bill has none of it.

    The charges of the bill where they are known, else those of the tariff.
    """
    if component.component is None or component.version is None:
        return
    names = line.base_names
    if names is None:
        names = tuple(component.version.components[number - 1].name for number in component.component.of)
    if len(names) > _MOST_NAMES:
        yield explain_words.words("sum_of", language=language, count=len(names))
    elif names:
        yield explain_words.listed(
            [explain_lines.name_text(name, language=language) for name in names], language=language
        )


def _calibre(
    line: explain_lines.Line, component: explain_lines.ComponentText, language: str
) -> Iterator[str]:
    """The meter size, where only one size has this price."""
    charge = None if component.component is None else component.component.charge
    if isinstance(charge, fixed.Fixed | derived.Limit):
        sizes = [size for size, price in charge.by_calibre if price == line.unit_price_micro]
        if len(sizes) == 1:
            yield explain_words.words("calibre", language=language, calibre=sizes[0])


def _agreed(line: explain_lines.Line, component: explain_lines.ComponentText, language: str) -> Iterator[str]:
    """A price other than the published one, where one may be agreed."""
    row = component.row(line)
    if component.component is None or component.component.negotiable is None or row is None:
        return
    if row.price_micro != line.unit_price_micro:
        price = explain_words.price_text(row.price_micro, currency=component.currency, language=language)
        yield explain_words.words("agreed", language=language, price=price)


def _share(component: explain_lines.ComponentText, language: str) -> Iterator[str]:
    """How the quantity came about where it is a rounded share, or only counts up to a cap."""
    share = kinds.WHOLE if component.component is None else component.component.share
    if share.cap_milli is not None:
        cap = explain_words.quantity_text(share.cap_milli, unit=component.unit)
        yield explain_words.words("cap", language=language, cap=cap)
    if share.round_to_milli is not None:
        yield explain_words.words(
            "rounded_share",
            language=language,
            percent=explain_words.percent_text(share.share_ppm),
            step=explain_words.quantity_text(share.round_to_milli, unit=component.unit),
        )
