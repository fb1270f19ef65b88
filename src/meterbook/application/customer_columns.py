"""The documented columns of `customers.xlsx`: one row is one meter (docs/guide/import-customers.md)."""

from collections.abc import Mapping

import polars as pl

from meterbook.application import sheet_columns
from meterbook.application.sheet_columns import Column
from meterbook.domain import tables
from meterbook.domain.customers import models as customers
from meterbook.domain.customers import rules_identity

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
_DOCUMENTS = rules_identity.DocumentKind
CUSTOMER_KIND_NAMES = {
    "个人": customers.CustomerKind.PERSON.value,
    "person": customers.CustomerKind.PERSON.value,
    "单位": customers.CustomerKind.ORGANISATION.value,
    "organisation": customers.CustomerKind.ORGANISATION.value,
    "企业": customers.CustomerKind.ORGANISATION.value,
}
DOCUMENT_NAMES = {
    "身份证": _DOCUMENTS.RESIDENT_ID.value,
    "ID card": _DOCUMENTS.RESIDENT_ID.value,
    "统一社会信用代码": _DOCUMENTS.CREDIT_CODE.value,
    "credit code": _DOCUMENTS.CREDIT_CODE.value,
    "护照": _DOCUMENTS.PASSPORT.value,
    "passport": _DOCUMENTS.PASSPORT.value,
    "港澳通行证": _DOCUMENTS.HK_MACAO_PERMIT.value,
    "HK/Macao permit": _DOCUMENTS.HK_MACAO_PERMIT.value,
    "台胞证": _DOCUMENTS.TAIWAN_PERMIT.value,
    "Taiwan permit": _DOCUMENTS.TAIWAN_PERMIT.value,
    "居留证": _DOCUMENTS.RESIDENCE_PERMIT.value,
    "residence permit": _DOCUMENTS.RESIDENCE_PERMIT.value,
    "其他": _DOCUMENTS.OTHER.value,
    "other": _DOCUMENTS.OTHER.value,
    "营业执照": _DOCUMENTS.CREDIT_CODE.value,
}
# BCP 47, as the customer keeps it.
LANGUAGE_NAMES = {"中文": "zh-hans", "Chinese": "zh-hans", "英文": "en", "English": "en", "英语": "en"}
LARGEST_REGISTER_MILLI = 10**12 - 1
LARGEST_MULTIPLIER_MILLI = 100_000_000
MOST_PERSONS = 50
LARGEST_AREA_MILLI = 10**9
LARGEST_CALIBRE_MM = 3000
# Amounts are read in thousandths; the check makes minor units of the company's currency of them.
LARGEST_AMOUNT_MILLI = 10**13


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


def _choice(
    key: str, zh: str, en: str, names: Mapping[str, int | str], *, offered: int, aliases: tuple[str, ...] = ()
) -> Column:
    """One of `names`; the template offers the first `offered` of them, which are zh, en, zh, en ..."""
    return Column(
        key=key,
        zh=zh,
        en=en,
        read=sheet_columns.choice(names=names),
        dtype=pl.String if names is LANGUAGE_NAMES else pl.Int16,
        aliases=aliases,
        choices=tuple(names)[:offered],
    )


def _milli(key: str, zh: str, en: str, *, most: int, least: int = 0, aliases: tuple[str, ...] = ()) -> Column:
    return Column(
        key=key,
        zh=zh,
        en=en,
        read=sheet_columns.milli(least=least, most=most),
        dtype=pl.Int64,
        aliases=aliases,
    )


def _date(key: str, zh: str, en: str, *, aliases: tuple[str, ...] = ()) -> Column:
    return Column(key=key, zh=zh, en=en, read=sheet_columns.date, dtype=pl.Date, aliases=aliases)


BASIC = (
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
# What an older system may know besides. All may be left out.
MORE = (
    _choice(
        "customer_kind", "客户类型", "Customer kind", CUSTOMER_KIND_NAMES, offered=4, aliases=("客户性质",)
    ),
    _choice("document_kind", "证件类型", "ID document", DOCUMENT_NAMES, offered=14, aliases=("证件种类",)),
    _identifier("document_no", "证件号码", "ID number", 40, aliases=("证件号", "身份证号")),
    _text("contact_name", "联系人", "Contact person", 60),
    Column(
        key="second_phone",
        zh="备用电话",
        en="Second phone",
        read=sheet_columns.phone,
        dtype=pl.String,
        aliases=("第二电话", "电话2", "phone 2"),
    ),
    _choice("language", "语言", "Language", LANGUAGE_NAMES, offered=4),
    _text("reader_remark", "抄表备注", "Remark for the reader", 200),
    _text("invoice_title", "发票抬头", "Invoice title", 120, aliases=("开票名称",)),
    _identifier("tax_no", "税号", "Tax no.", 20, aliases=("纳税人识别号",)),
    _identifier("old_no", "旧系统编号", "Old system no.", 40, aliases=("原户号", "旧户号")),
    _identifier("bank_no", "银行代扣号", "Bank reference no.", 40, aliases=("银行编号",)),
    _identifier("joint_no", "联合收费号", "Joint collection no.", 40),
    _identifier("usage_type", "用途编码", "Usage type code", 20, aliases=("用水性质", "用气性质")),
    _milli("area_milli", "供热面积", "Heated area", least=1, most=LARGEST_AREA_MILLI, aliases=("面积",)),
    Column(
        key="nominal_diameter",
        zh="口径",
        en="Calibre",
        read=sheet_columns.whole(least=1, most=LARGEST_CALIBRE_MM),
        dtype=pl.Int16,
        aliases=("表口径", "DN"),
    ),
    _date("manufactured_on", "出厂日期", "Made on"),
    _date("verified_on", "检定日期", "Verified on"),
    _identifier("barcode", "条码", "Barcode", 40, aliases=("表身号",)),
    _identifier("seal_no", "铅封号", "Seal no.", 40, aliases=("封签号",)),
    _milli("owed_milli", "欠费金额", "Owed", most=LARGEST_AMOUNT_MILLI, aliases=("欠费",)),
    _date("owed_due_on", "欠费到期日", "Owed since due", aliases=("缴费截止日",)),
    _milli("prepaid_milli", "预存余额", "Prepaid balance", most=LARGEST_AMOUNT_MILLI, aliases=("预存",)),
    _milli(
        "counted_milli",
        "阶梯已用量",
        "Used in the tier period",
        most=LARGEST_REGISTER_MILLI,
        aliases=("年累计用量", "used this year"),
    ),
)
COLUMNS = (*BASIC, *MORE)
BY_KEY = {column.key: column for column in COLUMNS}
