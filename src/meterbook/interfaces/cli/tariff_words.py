"""The names of what a tariff says: fields, codes and values in the language asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meterbook.interfaces.cli.tongue import Tongue, gettext_noop
from meterbook.kernel import quantity, scaled
from meterbook.rating import explain, fact
from meterbook.rating.fact import Field, Measure

if TYPE_CHECKING:
    from meterbook.rating import tariff

_PERCENT_DECIMALS = 4
_METRE_DECIMALS = 3
_NUMBER_DECIMALS = 6
FIELDS: Mapping[Field, str] = {
    Field.CODE: gettext_noop("Code"),
    Field.NAME_ZH: gettext_noop("Name in Chinese"),
    Field.NAME_EN: gettext_noop("Name in English"),
    Field.UTILITY: gettext_noop("Utility"),
    Field.CUSTOMER_CLASS: gettext_noop("Customer class"),
    Field.REGION: gettext_noop("Region"),
    Field.CURRENCY: gettext_noop("Currency"),
    Field.UNIT: gettext_noop("Unit"),
    Field.SOURCE: gettext_noop("Source"),
    Field.GRADE: gettext_noop("Grade of the source"),
    Field.NOTE: gettext_noop("Note"),
    Field.EFFECTIVE_FROM: gettext_noop("In force from"),
    Field.EFFECTIVE_UNTIL: gettext_noop("In force before"),
    Field.TIER_PERIOD: gettext_noop("Tiers count over"),
    Field.BOUNDS_STATED_FOR: gettext_noop("Bounds are stated for"),
    Field.BOUNDS_SCALED_BY: gettext_noop("Bounds for another length are scaled by"),
    Field.BOUNDS_ROUND_TO: gettext_noop("Scaled bounds are rounded to"),
    Field.BOUNDS_ROUNDING: gettext_noop("Rounding of scaled bounds"),
    Field.DEFAULT_PERSONS: gettext_noop("Persons of a household that stated none"),
    Field.HOUSEHOLD_RULE: gettext_noop("Larger households"),
    Field.HOUSEHOLD_OVER: gettext_noop("Larger than (persons)"),
    Field.HOUSEHOLD_ADD: gettext_noop("For each person, per bound"),
    Field.HOUSEHOLD_ONCE: gettext_noop("The same for any number of extra persons"),
    Field.MONTHS: gettext_noop("Months of a bill"),
    Field.YEAR_DAYS: gettext_noop("Days of a year"),
    Field.CHANGE_SPLIT: gettext_noop("Change of price inside a bill"),
    Field.CHANGE_READING: gettext_noop("New price from reading"),
    Field.CHANGE_ROUND_TO: gettext_noop("Old part is rounded to"),
    Field.CHANGE_COUNTER: gettext_noop("Tier counter at the change of price"),
    Field.SEASON_DAYS: gettext_noop("Season (from – before)"),
    Field.SEASON_SPLIT: gettext_noop("Change of season inside a bill"),
    Field.SEASON_ROUND_TO: gettext_noop("Part of the old season is rounded to"),
    Field.SEASON_COUNTER: gettext_noop("Tier counter at the change of season"),
    Field.HEATING_SEASON: gettext_noop("Heating season (from – before)"),
    Field.METERED_UNIT: gettext_noop("Unit of the meter"),
    Field.CONVERSION_FACTOR: gettext_noop("Conversion factor"),
    Field.CALORIFIC_VALUE: gettext_noop("Calorific value"),
    Field.CALORIFIC_METERED: gettext_noop("Calorific value as measured for the bill"),
    Field.CONVERSION_DIVISOR: gettext_noop("Divided by"),
    Field.CONVERSION_ROUND_TO: gettext_noop("Converted quantity is rounded to"),
    Field.CONVERSION_ROUNDING: gettext_noop("Rounding of the converted quantity"),
    Field.BILLED_STEP: gettext_noop("Quantity is billed in steps of"),
    Field.BILLED_ROUNDING: gettext_noop("Rounding of the billed quantity"),
    Field.BILLED_CARRIED: gettext_noop("What is not billed goes to the next bill"),
    Field.BAND_NO: gettext_noop("Place among the bands"),
    Field.PROGRAMME_NO: gettext_noop("Place among the programmes"),
    Field.COMPONENT: gettext_noop("Component"),
    Field.KIND: gettext_noop("Kind"),
    Field.PRICE: gettext_noop("Price"),
    Field.FEE: gettext_noop("Fee for entering the tier"),
    Field.RATE: gettext_noop("Rate"),
    Field.BOUND: gettext_noop("Upper bound"),
    Field.BOUND_OVER_QUOTA: gettext_noop("Upper bound above the quota"),
    Field.TABLE_BOUND: gettext_noop("Table holds up to"),
    Field.PER: gettext_noop("Charged per"),
    Field.TIMES: gettext_noop("Charged for each"),
    Field.SIZE: gettext_noop("Size of a package"),
    Field.FREE: gettext_noop("Free quantity"),
    Field.FREE_PER: gettext_noop("Free quantity per"),
    Field.FREE_POOLED: gettext_noop("A year's free quantity is there at once"),
    Field.AREA_FACTOR: gettext_noop("Factor of the building"),
    Field.HEIGHT_OVER: gettext_noop("Surcharge for storeys higher than"),
    Field.HEIGHT_STEP: gettext_noop("for every"),
    Field.HEIGHT_BEGUN: gettext_noop("begun steps count"),
    Field.HEIGHT_ADD: gettext_noop("Surcharge for height"),
    Field.HEIGHT_AT_MOST: gettext_noop("Surcharge for height at most"),
    Field.ALLOWANCE: gettext_noop("Tiers of the bands"),
    Field.OF: gettext_noop("Of"),
    Field.SHARE: gettext_noop("Share of the quantity"),
    Field.SHARE_CAP: gettext_noop("Quantity counted at most"),
    Field.SHARE_ROUND_TO: gettext_noop("The share is rounded to"),
    Field.NEGOTIABLE_BELOW: gettext_noop("May be agreed lower by"),
    Field.NEGOTIABLE_ABOVE: gettext_noop("May be agreed higher by"),
    Field.CHOICE: gettext_noop("Only with"),
    Field.VALID_FROM: gettext_noop("Holds from"),
    Field.VALID_UNTIL: gettext_noop("Holds before"),
    Field.PAID_FROM: gettext_noop("When paid from"),
    Field.PAID_UNTIL: gettext_noop("When paid before"),
    Field.REVENUE: gettext_noop("Revenue"),
    Field.TAX: gettext_noop("Tax"),
    Field.TAX_RATE: gettext_noop("Tax rate"),
    Field.ROUNDING: gettext_noop("Rounding"),
}
WORDS: Mapping[str, str] = {
    "WATER": gettext_noop("water"),
    "GAS": gettext_noop("gas"),
    "ELECTRICITY": gettext_noop("electricity"),
    "HEAT": gettext_noop("heat"),
    "BILLING_PERIOD": gettext_noop("the billing period"),
    "MONTH": gettext_noop("month"),
    "TWO_MONTHS": gettext_noop("two months"),
    "CALENDAR_YEAR": gettext_noop("the calendar year"),
    "ANNIVERSARY_YEAR": gettext_noop("the year since the first reading"),
    "HEATING_SEASON": gettext_noop("the heating season"),
    "BILL": gettext_noop("the bill"),
    "YEAR": gettext_noop("the year"),
    "SEASON": gettext_noop("the season"),
    "NONE": gettext_noop("nothing"),
    "MONTHS": gettext_noop("month"),
    "DAYS": gettext_noop("day"),
    "HALF_UP": gettext_noop("half up"),
    "TRUNCATE": gettext_noop("cut off"),
    "HALF_EVEN": gettext_noop("half to even"),
    "ADD": gettext_noop("wider bounds"),
    "FIRST_TIER": gettext_noop("a wider first tier"),
    "SCALE": gettext_noop("bounds in proportion to persons"),
    "PER_PERSON": gettext_noop("bounds per head"),
    "NEAREST": gettext_noop("the nearest number of months"),
    "STARTED": gettext_noop("every month begun"),
    "READING_DATE": gettext_noop("all at the price of the last day"),
    "READING_NUMBER": gettext_noop("the new price from a certain reading on"),
    "CONTINUES": gettext_noop("goes on"),
    "RESTARTS": gettext_noop("starts again"),
    "PRORATED": gettext_noop("starts again, bounds by days"),
    "PER_UNIT": gettext_noop("price per unit"),
    "GRADUATED_TIERS": gettext_noop("graduated tiers"),
    "PER_PERIOD": gettext_noop("fixed per bill"),
    "VOLUME_TIERS": gettext_noop("all at the price of the tier reached"),
    "SWITCHING_TIERS": gettext_noop("tables of tiers, chosen by the total"),
    "TIER_FEE": gettext_noop("an amount by the tier reached"),
    "PACKAGE": gettext_noop("packages begun"),
    "PER_MONTH": gettext_noop("fixed per month"),
    "PER_DAY": gettext_noop("fixed per day"),
    "CAPACITY": gettext_noop("capacity"),
    "DEMAND": gettext_noop("highest demand"),
    "TIME_OF_USE": gettext_noop("price by time of use"),
    "TIME_OF_USE_TIERS": gettext_noop("tiers by time of use"),
    "AREA": gettext_noop("price by area"),
    "OVER_QUOTA": gettext_noop("surcharge above the quota"),
    "FREE_QUANTITY": gettext_noop("free quantity"),
    "PERCENT_OFF": gettext_noop("percentage off"),
    "MONEY_OFF": gettext_noop("money off"),
    "MAXIMUM": gettext_noop("maximum"),
    "MINIMUM": gettext_noop("minimum"),
    "PERCENTAGE": gettext_noop("percentage on top"),
    "BILL_ROUNDING": gettext_noop("rounding of the bill"),
    "MONTHS_BY_DAYS": gettext_noop("month, by days"),
    "SEASON_DAYS": gettext_noop("heating season, by days"),
    "SEASON_MONTHS": gettext_noop("heating season, by months"),
    "HOUSEHOLDS": gettext_noop("household"),
    "PERSONS": gettext_noop("person"),
    "SHARED": gettext_noop("shared out in proportion to use"),
    "PER_BAND": gettext_noop("each band has its own"),
    "TAXED": gettext_noop("taxed"),
    "EXEMPT": gettext_noop("exempt"),
    "NOT_SUBJECT": gettext_noop("not subject"),
    "FEN": gettext_noop("to the smallest coin"),
    "JIAO": gettext_noop("to ten smallest coins"),
    "YUAN": gettext_noop("to a hundred smallest coins"),
}
_SPLIT_DAYS = gettext_noop("in proportion to days")
_YES = gettext_noop("yes")
# Words that say something else in these fields.
_OWN_WORDS = {
    (Field.CHANGE_SPLIT, "DAYS"): _SPLIT_DAYS,
    (Field.SEASON_SPLIT, "DAYS"): _SPLIT_DAYS,
}


@dataclass(frozen=True)
class Naming:
    """The names and units of one or two versions of a tariff, in one language."""

    tongue: Tongue
    versions: "tuple[tariff.TariffVersion, ...]"

    @property
    def _units(self) -> "tariff.TariffVersion":
        return self.versions[-1]

    def reversed(self) -> "Naming":
        """The same with the units of the first version."""
        return Naming(tongue=self.tongue, versions=self.versions[::-1])

    def field(self, field: Field) -> str:
        """What the field is called."""
        return self.tongue.gettext(FIELDS[field])

    def place(self, place: fact.Place) -> str:
        """Where: component, season, programme, table, tier, band, meter size, and what else identifies it."""
        _ = self.tongue.gettext
        words = [
            place.component and self.component(place.component),
            place.season and self._named("seasons", place.season),
            place.programme and self._named("programmes", place.programme),
            place.table and _("table {number}").format(number=place.table),
            place.tier and _("tier {number}").format(number=place.tier),
            place.band and self._named("bands", place.band),
            place.calibre and _("meter size {calibre} mm").format(calibre=place.calibre),
            place.item,
        ]
        return self.tongue.comma.join(str(word) for word in words if word)

    def component(self, code: str) -> str:
        """A component's name, as the latest version with it has it."""
        return self._named("components", code)

    def band(self, code: str) -> str:
        """A band's name; what is no band's code, as it is."""
        return self._named("bands", code)

    def _named(self, part: str, code: str) -> str:
        for version in reversed(self.versions):
            for item in getattr(version, part):
                if item.code == code:
                    return self.tongue.name(item.name)
        return code

    def value(self, value: fact.Value | None, *, field: Field, measure: Measure) -> str:
        """A value as people write it; a dash for none."""
        if value is None:
            return "–"
        if isinstance(value, tuple):
            parts = (self.value(one, field=field, measure=measure) for one in value)
            return (" / " if measure is not Measure.TEXT else self.tongue.comma).join(parts)
        if measure is Measure.WORD:
            return self.word(value, field=field)
        if isinstance(value, int):
            return self.number(value, measure=measure)
        return self.component(str(value)) if field is Field.OF else str(value)

    def word(self, value: fact.Value, *, field: Field) -> str:
        """A code in words."""
        _ = self.tongue.gettext
        if value is True:
            return _(_YES)
        code = str(value)
        if field is Field.ROUNDING:
            step, mode = code.split("_", 1)
            return self.tongue.comma.join((_(WORDS[step]), _(WORDS[mode])))
        return _(_OWN_WORDS.get((field, code)) or WORDS.get(code, code))

    def number(self, value: int, *, measure: Measure, signed: bool = False) -> str:
        """A counted value with its unit; with a sign where it is a change."""
        text = self._number(value, measure=measure)
        return f"+{text}" if signed and value > 0 else text

    def _number(self, value: int, *, measure: Measure) -> str:
        match measure:
            case Measure.QUANTITY:
                return explain.quantity_text(value, unit=self._units.unit)
            case Measure.PRICE:
                return quantity.format_micro(value, decimals=self._units.exponent)
            case Measure.PERCENT:
                return f"{_decimal(value, _PERCENT_DECIMALS)} %"
            case Measure.METRES:
                return f"{_decimal(value, _METRE_DECIMALS)} m"
            case Measure.NUMBER:
                return _decimal(value, _NUMBER_DECIMALS)
            case _:
                return str(value)


def hundredths_text(value: int | None) -> str:
    """Hundredths of a percent with a sign: 750 is "+7.50 %"; a dash for none."""
    if value is None:
        return "–"
    text = scaled.render(value=value, decimals=2, grouping=True)
    return f"+{text} %" if value > 0 else f"{text} %"


def _decimal(value: int, decimals: int) -> str:
    return scaled.render(value=value, decimals=decimals, grouping=True, trim_to=0)
