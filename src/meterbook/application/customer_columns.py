"""The documented columns of `customers.xlsx`: one row is one meter (docs/guide/import-customers.md)."""

import polars as pl

from meterbook.application import sheet_columns
from meterbook.application.sheet_columns import Column
from meterbook.domain import tables
from meterbook.domain.customers import models as customers

_CLASSES = customers.CustomerClass
# The first two names of each are the ones the template offers.
CLASS_NAMES = {
    "居民": _CLASSES.RESIDENTIAL.value,
    "residential": _CLASSES.RESIDENTIAL.value,
    "非居民": _CLASSES.NON_RESIDENTIAL.value,
    "non-residential": _CLASSES.NON_RESIDENTIAL.value,
    "特种": _CLASSES.SPECIAL_USE.value,
    "special": _CLASSES.SPECIAL_USE.value,
    "特种用水": _CLASSES.SPECIAL_USE.value,
}
UTILITY_NAMES = {
    "水": tables.Utility.WATER.value,
    "water": tables.Utility.WATER.value,
    "气": tables.Utility.GAS.value,
    "gas": tables.Utility.GAS.value,
    "电": tables.Utility.ELECTRICITY.value,
    "electricity": tables.Utility.ELECTRICITY.value,
    "热": tables.Utility.HEAT.value,
    "heat": tables.Utility.HEAT.value,
    "自来水": tables.Utility.WATER.value,
    "燃气": tables.Utility.GAS.value,
    "天然气": tables.Utility.GAS.value,
}
LARGEST_REGISTER_MILLI = 10**12 - 1
LARGEST_MULTIPLIER_MILLI = 100_000_000
MOST_PERSONS = 50


def _text(
    key: str, zh: str, en: str, longest: int, *, is_required: bool = False, aliases: tuple[str, ...] = ()
) -> Column:
    return Column(
        key=key,
        zh=zh,
        en=en,
        read=sheet_columns.plain_text(longest=longest),
        dtype=pl.String,
        is_required=is_required,
        aliases=aliases,
    )


def _identifier(
    key: str, zh: str, en: str, longest: int, *, is_required: bool = False, aliases: tuple[str, ...] = ()
) -> Column:
    return Column(
        key=key,
        zh=zh,
        en=en,
        read=sheet_columns.identifier(longest=longest),
        dtype=pl.String,
        is_required=is_required,
        aliases=aliases,
    )


COLUMNS = (
    _identifier(
        "station", "站点编码", "Station code", 20, is_required=True, aliases=("营业所编码", "station")
    ),
    _identifier("account_no", "户号", "Account no.", 20, aliases=("account number",)),
    _text("group", "分组号", "Group", 40, aliases=("外部编号", "external id")),
    _text("name", "客户名称", "Customer", 120, is_required=True, aliases=("户名", "姓名", "customer name")),
    Column(
        key="customer_class",
        zh="客户类别",
        en="Class",
        read=sheet_columns.choice(names=CLASS_NAMES),
        dtype=pl.Int16,
        is_required=True,
        aliases=("用户类别", "customer class"),
        choices=tuple(CLASS_NAMES)[:6],
    ),
    Column(
        key="phone",
        zh="电话",
        en="Phone",
        read=sheet_columns.phone,
        dtype=pl.String,
        aliases=("手机", "联系电话"),
    ),
    _text("district", "区", "District", 40, aliases=("行政区",)),
    _text("street", "街道", "Street", 60, aliases=("街路",)),
    _text("community", "小区", "Community", 60, is_required=True),
    _text("building", "楼栋", "Building", 20, aliases=("幢",)),
    _text("entrance", "单元", "Entrance", 20),
    _text("floor", "楼层", "Floor", 10),
    _text("flat_no", "房号", "Flat no.", 20, aliases=("室号",)),
    Column(
        key="persons",
        zh="人口数",
        en="Household size",
        read=sheet_columns.whole(least=1, most=MOST_PERSONS),
        dtype=pl.Int16,
        aliases=("户籍人口", "persons"),
    ),
    Column(
        key="utility",
        zh="能源类型",
        en="Utility",
        read=sheet_columns.choice(names=UTILITY_NAMES),
        dtype=pl.Int16,
        is_required=True,
        aliases=("业务类型",),
        choices=tuple(UTILITY_NAMES)[:8],
    ),
    _identifier(
        "serial_no", "表号", "Meter no.", 40, is_required=True, aliases=("meter number", "serial no.")
    ),
    _text("maker", "厂家", "Maker", 60),
    _text("model_name", "型号", "Model", 60, is_required=True),
    Column(
        key="digits",
        zh="表盘位数",
        en="Digits",
        read=sheet_columns.whole(least=3, most=12),
        dtype=pl.Int16,
        is_required=True,
        aliases=("位数",),
    ),
    Column(
        key="multiplier_milli",
        zh="倍率",
        en="Multiplier",
        read=sheet_columns.milli(least=1, most=LARGEST_MULTIPLIER_MILLI),
        dtype=pl.Int32,
        aliases=("multiplier",),
    ),
    Column(
        key="initial_milli",
        zh="起码",
        en="Initial register",
        read=sheet_columns.milli(least=0, most=LARGEST_REGISTER_MILLI),
        dtype=pl.Int64,
        is_required=True,
        aliases=("表底", "底数", "初始读数"),
    ),
    Column(
        key="installed_on",
        zh="装表日期",
        en="Installed on",
        read=sheet_columns.date,
        dtype=pl.Date,
        is_required=True,
    ),
    Column(
        key="from_on",
        zh="计费起日",
        en="Billed from",
        read=sheet_columns.date,
        dtype=pl.Date,
    ),
    _identifier("book", "册号", "Book", 20, is_required=True, aliases=("抄表册", "book code")),
    Column(
        key="sequence",
        zh="册内序号",
        en="Sequence",
        read=sheet_columns.whole(least=1, most=1_000_000),
        dtype=pl.Int32,
        aliases=("序号",),
    ),
    _identifier("tariff", "价格编码", "Tariff code", 60, is_required=True, aliases=("tariff",)),
)
BY_KEY = {column.key: column for column in COLUMNS}
