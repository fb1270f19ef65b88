"""The example tariffs of `tariffs/`: all 82 published ones are there, with their prices, and can be rated.

`library_prices.csv` holds the figures as they were taken from the sources, before anybody made documents of
them. Its `table` says what a row is: `tiers` and `alternative n` are tier tables (a bound left empty is open;
a table whose last bound is closed was cut off in its source), `figure` is a price that stands alone. `from`
and `to` are the first and last day of a tier table, where its source gives them.
"""

import csv
import datetime as dt
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from meterbook.kernel import quantity
from meterbook.rating import book, columns, document, engine, household, tariff
from meterbook.rating.charges import area, fixed, kinds

HERE = Path(__file__).parent
LIBRARY = HERE.parents[2] / "tariffs"
FILES = sorted(LIBRARY.rglob("*.yaml"))
TEXTS = {path: path.read_text(encoding="utf-8") for path in FILES}
ONE_DAY = dt.timedelta(days=1)
NAMED_IN = re.compile(r"^# data: (.+)$", re.MULTILINE)
IDS = (
    "gas-beijing-res-2016",
    "gas-shanghai-res-2014",
    "gas-changsha-res-2022",
    "gas-changsha-res-2024",
    "gas-yiyang-res-2025",
    "gas-wuhan-res-2016",
    "gas-xian-res-2016",
    "gas-xian-res-2019",
    "gas-xian-res-2023",
    "gas-yangzhou-res-2022",
    "gas-yangzhou-res-2023",
    "gas-yangzhou-res-2024",
    "gas-yancheng-res-2023",
    "gas-nantong-res-2019-draft",
    "gas-changshu-res",
    "gas-yantai-res-2018",
    "gas-yantai-res-2019",
    "gas-qingdao-res-2021",
    "gas-xining-res-2020",
    "gas-lanzhou-res-2023",
    "gas-chuzhou-res-2016",
    "gas-liaoyuan-res",
    "gas-baishan-res-2017",
    "gas-chongqing-res-2014",
    "gas-chongqing-res-2021-slack",
    "gas-chongqing-res-2021-peak",
    "gas-shenzhen-res-2021",
    "gas-shenzhen-res-2024",
    "gas-tianjin-res-2024",
    "water-beijing-res-2014",
    "water-beijing-nonres-2014",
    "water-beijing-nonres-2016",
    "water-shanghai-res-2013",
    "water-shanghai-res-2021",
    "water-wuhan-res-2016",
    "water-wuhan-res-2013",
    "water-nanjing-res",
    "water-shenzhen-res",
    "water-guangzhou-res-2012",
    "water-chongqing-res",
    "water-weifang-res-2015",
    "water-weihai-res",
    "water-yantai-res",
    "water-pingdu-laixi-res-2016",
    "water-hefei-res",
    "water-jiujiang-res-2014",
    "water-nanan-res",
    "water-yingkou-res-2015",
    "water-jinping-res-2021",
    "water-ankang-res-2024",
    "water-jzwsw-2018",
    "water-wuxi-res-2007",
    "heat-beijing",
    "heat-tianjin",
    "heat-harbin",
    "heat-shenyang",
    "heat-jinan",
    "heat-jiyang-2024",
    "heat-zhengzhou",
    "heat-henan-factor-2014",
    "heat-xian",
    "heat-changchun",
    "heat-dalian-2015",
    "heat-anshan-2015",
    "heat-qinhuangdao-2023",
    "heat-shijiazhuang-2022",
    "heat-dingzhou-2023",
    "elec-beijing-res-2012",
    "elec-jiangsu-res-2012",
    "elec-zhejiang-res-2012",
    "elec-shanghai-res-tou-2021",
    "elec-guangdong-res-2012",
    "elec-shandong-res",
    "elec-hunan-res",
    "elec-tianjin-card-2012",
    "elec-henan-ic-2011-draft",
    "us-canby-water-2024",
    "us-charlotte-water",
    "us-sheffield-water-2009",
    "uk-cap-2025q3-elec",
    "uk-cap-2025q3-gas",
    "au-sydney-water-2024",
)
METERED = frozenset({kinds.ChargeKind.PER_UNIT, kinds.ChargeKind.GRADUATED_TIERS})
BY_AREA = frozenset({kinds.ChargeKind.AREA})
# (until_milli or None, price_micro) from the lowest tier up.
Table = tuple[tuple[int | None, int], ...]


def ids_of(path: Path) -> list[str]:
    """The published tariffs a file is made from."""
    return [name for line in NAMED_IN.findall(TEXTS[path]) for name in line.split(", ")]


def files_of(data_id: str) -> list[Path]:
    return [path for path in FILES if data_id in ids_of(path)]


@functools.cache
def read(path: Path) -> tariff.TariffDocument:
    return document.load_yaml(TEXTS[path])


def component_tables(price_set: tariff.PriceSet) -> Iterator[tuple[tariff.Component, Table]]:
    """Each component with its prices by tier, one table for each band; without tiers an open one."""
    for component in price_set.components:
        bands = defaultdict(list)
        for row in component.charge.price_rows(household.NO_HOUSEHOLD_RULE):
            bands[row.band].append((row.until_milli, row.price_micro))
        yield from ((component, tuple(rows)) for rows in bands.values())


def price_at(table: Table, until_milli: int | None) -> int:
    """The price of the tier that ends at or after a bound."""
    for bound, price in table:
        if bound is None or (until_milli is not None and bound >= until_milli):
            return price
    raise AssertionError(table)


def all_in(price_set: tariff.PriceSet, counted: frozenset[kinds.ChargeKind]) -> Table:
    """What a unit costs with everything on it, by the tiers of the component that has most of them."""
    summed = [
        (component, table)
        for component, table in component_tables(price_set)
        if component.charge.kind in counted
    ]
    if not summed:
        return ()
    lead = max((table for _, table in summed), key=len)
    return tuple(
        (bound, sum(price_at(table, bound) * one.share.share_ppm for one, table in summed) // kinds.MILLION)
        for bound, _ in lead
    )


def tables(version: tariff.TariffVersion) -> Iterator[Table]:
    """Every table of prices a version states, in parts and all in, for each season and programme."""
    for price_set in version.price_sets:
        yield from (table for _, table in component_tables(price_set))
        yield from (all_in(price_set, counted) for counted in (METERED, BY_AREA))


with (HERE / "library_prices.csv").open(encoding="utf-8", newline="") as _rows:
    ROWS = tuple(csv.DictReader(_rows))


def published() -> Mapping[tuple[str, str], Table]:
    """The tier tables of the sources by id and name; lone figures have names of their own."""
    found: dict[tuple[str, str], list[tuple[int | None, int]]] = defaultdict(list)
    for row in ROWS:
        until = quantity.parse_milli(row["until"]) if row["until"] else None
        name = f"figure {row['price']}" if row["table"] == "figure" else row["table"]
        found[row["id"], name].append((until, quantity.parse_micro(row["price"])))
    return {key: tuple(table) for key, table in found.items()}


PUBLISHED = published()
DATES = {(row["id"], row["table"]): (row["from"], row["to"]) for row in ROWS}
TIERED = sorted(key for key in PUBLISHED if not key[1].startswith("figure"))
FIGURES = sorted(key for key in PUBLISHED if key[1].startswith("figure"))
# Published were only what early payers get off; the prices in the files are zero.
WITHOUT_PRICES = frozenset({"heat-qinhuangdao-2023", "heat-shijiazhuang-2022", "heat-dingzhou-2023"})
# Fees for a service are no tariffs; the note names them.
SERVICE_FEES = frozenset({("us-charlotte-water", "figure 28.00")})


def states(path: Path, table: Table) -> bool:
    """Whether a document states the table: all of it, or if it was cut off in its source, its beginning."""
    found = (own for version in read(path).versions for own in tables(version))
    if table[-1][0] is None:
        return table in found
    return any(own[: len(table)] == table for own in found)


def test_the_list_is_complete() -> None:
    assert len(IDS) == len(set(IDS)) == 82
    assert {data_id for data_id, _ in PUBLISHED} <= set(IDS)


def test_every_published_tariff_is_there_and_nothing_else() -> None:
    named = {data_id for path in FILES for data_id in ids_of(path)}
    assert named == set(IDS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
class TestFile:
    def test_it_says_what_it_is_and_where_it_is_from(self, path: Path) -> None:
        assert TEXTS[path].startswith("# Example, not a valid price")
        assert len(NAMED_IN.findall(TEXTS[path])) == 1
        assert Counter(ids_of(path)).most_common(1)[0][1] == 1
        assert all(read(path).source)
        assert read(path).grade in {"A", "B", "C", "K"}

    def test_it_stands_where_its_region_and_code_say(self, path: Path) -> None:
        found = read(path)
        country, city = path.relative_to(LIBRARY).parts[:2]
        assert found.region == f"{country}-{city}".upper()
        assert found.code == f"{found.region}-{path.stem.upper()}"
        assert path.stem.startswith(found.utility.lower())

    def test_a_month_can_be_rated_under_every_version_season_and_programme(self, path: Path) -> None:
        tariff_book = book.of_documents([read(path)])
        frame = sample_usages(read(path).versions)
        assert engine.unratable(frame, tariff_book).is_empty()
        lines = engine.rate(frame, tariff_book)
        assert set(lines["usage_id"]) == set(frame["usage_id"])
        totals = lines.group_by("usage_id").agg(pl.col("amount_minor").sum())["amount_minor"].to_list()
        assert min(totals) >= 0
        assert (max(totals) == 0) == (not WITHOUT_PRICES.isdisjoint(ids_of(path)))


def test_no_code_stands_twice() -> None:
    codes = Counter(read(path).code for path in FILES)
    assert codes.most_common(1)[0][1] == 1


@pytest.mark.parametrize("key", TIERED, ids="-".join)
def test_a_published_tier_table_stands_in_a_file_with_its_dates(key: tuple[str, str]) -> None:
    found = [path for path in files_of(key[0]) if states(path, PUBLISHED[key])]
    assert found, (PUBLISHED[key], [path.name for path in files_of(key[0])])
    first_day, last_day = DATES.get(key, ("", ""))
    for path in found:
        starts = {version.effective_from for version in read(path).versions}
        ends = {version.effective_until for version in read(path).versions}
        assert not first_day or dt.date.fromisoformat(first_day) in starts
        assert not last_day or dt.date.fromisoformat(last_day) + ONE_DAY in ends


@pytest.mark.parametrize("key", FIGURES, ids="-".join)
def test_a_published_figure_stands_in_one_of_its_files(key: tuple[str, str]) -> None:
    if key in SERVICE_FEES:
        assert key[1].split()[1] in "".join(TEXTS[path] for path in files_of(key[0]))
        return
    ((_, price),) = PUBLISHED[key]
    versions = (version for path in files_of(key[0]) for version in read(path).versions)
    stated = {price for version in versions for table in tables(version) for _, price in table}
    assert price in stated


def sample_usages(versions: Sequence[tariff.TariffVersion]) -> pl.DataFrame:
    """A month of each version and season, plain and under each programme and choice it knows."""
    rows = [
        {"tariff_version_id": number, **sample(version, starts=starts), "choices": choices}
        for number, version in enumerate(versions, start=1)
        for starts in days_of(version)
        for choices in ([], *([code] for code in choices_of(version)))
    ]
    numbered = [{"usage_id": number, **row} for number, row in enumerate(rows, start=1)]
    return pl.DataFrame(numbered, schema=dict(columns.USAGE.columns) | dict(columns.USAGE_MORE.columns))


def choices_of(version: tariff.TariffVersion) -> list[str]:
    chosen = {one.condition.choice for one in version.components} - {None}
    return [*(programme.code for programme in version.programmes), *sorted(filter(None, chosen))]


def days_of(version: tariff.TariffVersion) -> list[dt.date]:
    """The first day of the version, and of each season in the year after."""
    next_year = version.effective_from.year + 1
    return [version.effective_from, *(season.from_.in_year(next_year) for season in version.seasons)]


def sample(version: tariff.TariffVersion, *, starts: dt.date) -> dict[str, object]:
    """A month's usage with whatever a tariff may ask for; a calibre and an area class that have a price."""
    charges = [component.charge for component in version.components]
    classes = [code for one in charges if isinstance(one, area.Area) for code in one.factors]
    calibres = [row[0] for one in charges if isinstance(one, fixed.Fixed) for row in one.by_calibre]
    return {
        "quantity_milli": 25_000,
        "before_milli": 0,
        "period_from": starts,
        "period_until": starts + 30 * ONE_DAY,
        "area_milli": 80_000,
        "area_class": classes[0] if classes else None,
        "height_milli": 2_800,
        "capacity_milli": 10_000,
        "demand_milli": 8_000,
        "households": 1,
        "calibre_mm": calibres[0] if calibres else 15,
        "calorific_micro": 39_300_000,
        "quota_milli": 20_000,
        "band_1_milli": 25_000 if version.bands else None,
    }
