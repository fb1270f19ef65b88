"""Tax rates of components, and the components that a tax added on top becomes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from meterbook.kernel import money, rounding, scaled
from meterbook.rating import tariff
from meterbook.rating.charges import derived, kinds
from meterbook.rating.reading import nodes, values

REVENUE = "TAX"
NOT_SUBJECT = tariff.Tax(treatment=tariff.TaxTreatment.NOT_SUBJECT, rate_basis_points=0)
_DECIMALS = 2
_PPM_PER_BASIS_POINT = 100
_TREATMENTS = {"exempt": tariff.TaxTreatment.EXEMPT, "not_subject": tariff.TaxTreatment.NOT_SUBJECT}


@dataclass(frozen=True)
class Taxes:
    """What a component says about tax: treatments by date, and those of them added on top of the price."""

    stated: tuple[tariff.Tax, ...]
    added: tuple[tariff.Tax, ...]


def read(item: nodes.Record) -> Taxes:
    """The taxes of a component. Where a rate is added the price itself holds none: it is not subject."""
    rates = (
        _dated(item["tax_rate"]) if isinstance(item["tax_rate"].value, list) else _one(item["tax_rate"].value)
    )
    if item.value("tax") != "ADDED":
        return Taxes(stated=rates, added=())
    added = tuple(tax for tax in rates if tax.rate_basis_points)
    if len(added) == len(rates):
        return Taxes(stated=(NOT_SUBJECT,), added=added)
    stated = (
        replace(tax, treatment=NOT_SUBJECT.treatment, rate_basis_points=0) if tax.rate_basis_points else tax
        for tax in rates
    )
    return Taxes(stated=tuple(stated), added=added)


def added_components(
    added: Sequence[tuple[int, tariff.Tax]], *, first_no: int, codes: Sequence[str]
) -> tuple[tariff.Component, ...]:
    """One component for each added rate and its dates, in the order in which they first occur.

    `added` are component numbers with a rate added to them, `codes` those that are taken.
    """
    bases: dict[tariff.Tax, list[int]] = {}
    for component_no, tax in added:
        bases.setdefault(tax, []).append(component_no)
    taken = list(codes)
    components = []
    for number, (tax, of) in enumerate(bases.items(), start=first_no):
        components.append(_component(tax, number=number, of=tuple(of), taken=taken))
        taken.append(components[-1].code)
    return tuple(components)


def _component(
    tax: tariff.Tax, *, number: int, of: tuple[int, ...], taken: Sequence[str]
) -> tariff.Component:
    percent = scaled.render(value=tax.rate_basis_points, decimals=_DECIMALS, grouping=False, trim_to=0)
    code = f"TAX_{percent.replace('.', '_')}"
    numbered = [code, *(f"{code}_{extra}" for extra in range(2, len(taken) + 2))]
    return tariff.Component(
        component_no=number,
        code=next(free for free in numbered if free not in taken),
        name=tariff.Names(zh=f"税 {percent}%", en=f"Tax {percent} %"),
        charge=derived.Percentage(
            kind=kinds.ChargeKind.PERCENTAGE, rate_ppm=tax.rate_basis_points * _PPM_PER_BASIS_POINT
        ),
        revenue=REVENUE,
        taxes=(NOT_SUBJECT,),
        rounding=rounding.Rounding.FEN_HALF_UP,
        condition=tariff.Condition(valid_from=tax.from_, valid_until=tax.until),
        of=of,
    )


def _one(text: str) -> tuple[tariff.Tax, ...]:
    return (_tax(text),)


def _dated(node: nodes.Node) -> tuple[tariff.Tax, ...]:
    """Rates one after the other; all but the last say until when."""
    rates = []
    from_ = None
    records = [item.record() for item in node.items()]
    for record in records:
        until = record.read("until", values.day, None)
        if until is None and record is not records[-1]:
            raise record.fault("only the last rate may be open")
        if until is not None and record is records[-1]:
            raise record["until"].fault("the last rate is open")
        if from_ is not None and until is not None and until <= from_:
            raise record["until"].fault("must be later than the one before")
        rates.append(replace(_tax(record["rate"].value), from_=from_, until=until))
        from_ = until
    return tuple(rates)


def _tax(text: str) -> tariff.Tax:
    if text in _TREATMENTS:
        return tariff.Tax(treatment=_TREATMENTS[text], rate_basis_points=0)
    basis_points = money.parse_minor(text, exponent=_DECIMALS)
    return tariff.Tax(treatment=tariff.TaxTreatment.TAXED, rate_basis_points=basis_points)
