import datetime as dt

import pytest

from meterbook.kernel import rounding
from meterbook.rating import late_fee_text, late_fees
from meterbook.rating.late_fee_policy import LateFeePolicy, LaterRate, YearEnd
from tests.unit.rating import late_fee_samples as samples
from tests.unit.rating.late_fee_samples import Debt


def day_line(
    *,
    principal_minor: int = 200_000,
    days: int = 16,
    rate_micro: int = 2000,
    amount_minor: int = 6400,
    rule: rounding.Rounding = rounding.Rounding.FEN_HALF_UP,
) -> late_fee_text.Line:
    return late_fee_text.Line(
        kind=late_fees.LineKind.DAYS,
        principal_minor=principal_minor,
        period_from=dt.date(2000, 12, 16),
        period_until=dt.date(2001, 1, 1),
        days=days,
        rate_micro=rate_micro,
        limit_minor=None,
        amount_minor=amount_minor,
        rounding=rule,
    )


WHOLE = day_line()
WORKED = day_line(days=11, rate_micro=300, amount_minor=660)
ROUNDED = day_line(principal_minor=12_345, amount_minor=395)
ZH_DAYS = "2000年12月16日 至 2000年12月31日，共 16 天"
EN_DAYS = "2000-12-16 to 2000-12-31, 16 days"


@pytest.mark.parametrize(
    ("line", "language", "text"),
    [
        (WHOLE, "zh", f"{ZH_DAYS}：2,000.00 元 × 16 天 × 2‰ = 64.00 元"),
        (WHOLE, "en", f"{EN_DAYS}: 2,000.00 yuan × 16 days × 2 ‰ = 64.00 yuan"),
        (WORKED, "zh-hans", f"{ZH_DAYS}，扣除非工作日 5 天：2,000.00 元 × 11 天 × 0.3‰ = 6.60 元"),
        (WORKED, "en", f"{EN_DAYS} less 5 days off: 2,000.00 yuan × 11 days × 0.3 ‰ = 6.60 yuan"),
        (ROUNDED, "zh", f"{ZH_DAYS}：123.45 元 × 16 天 × 2‰ = 3.9504，四舍五入为 3.95 元"),
        (ROUNDED, "en", f"{EN_DAYS}: 123.45 yuan × 16 days × 2 ‰ = 3.9504, rounded half up to 3.95 yuan"),
    ],
)
def test_days(line: late_fee_text.Line, language: str, text: str) -> None:
    assert late_fee_text.sentence(line=line, currency="CNY", language=language) == text


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "395.04"), ("KWD", "0.39504")])
def test_currencies_with_other_decimals(currency: str, amount: str) -> None:
    line = day_line(principal_minor=12_345, amount_minor=395)
    assert f"= {amount}, rounded" in late_fee_text.sentence(line=line, currency=currency, language="en")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_way_of_rounding_has_words(language: str) -> None:
    texts = {
        late_fee_text.sentence(
            line=day_line(principal_minor=12_345, amount_minor=395, rule=rule),
            currency="CNY",
            language=language,
        )
        for rule in rounding.Rounding
    }
    assert len(texts) == len(rounding.Mode)


def test_floor_and_cap_from_their_rows() -> None:
    policy = LateFeePolicy(rate_micro=1000, floor_minor=100, cap_micro=325_000)
    debt = Debt(principal_minor=200, paid_on=samples.DUE + dt.timedelta(days=5))
    lines = late_fees.charge(debts=samples.debts_frame([debt]), policies={1: policy})
    found = [late_fee_text.Line.from_row(row) for row in lines.iter_rows(named=True)]
    assert [late_fee_text.sentence(line=line, currency="CNY", language="en") for line in found] == [
        "2000-12-16 to 2000-12-20, 5 days: 2.00 yuan × 5 days × 1 ‰ = 0.01 yuan",
        "Sum 0.01 yuan, less than 1.00 yuan: 1.00 yuan is charged, 0.99 yuan more",
        "Sum 1.00 yuan, above 32.5 % of the principal 2.00 yuan: 0.65 yuan is charged, 0.35 yuan less",
    ]
    assert [late_fee_text.sentence(line=line, currency="CNY", language="zh") for line in found[1:]] == [
        "合计 0.01 元，不足 1.00 元，按 1.00 元计，补 0.99 元",
        "合计 1.00 元，超过本金 2.00 元的 32.5%，按 0.65 元计，减 0.35 元",
    ]


def test_a_debt_over_the_year_end_reads_as_two_sums() -> None:
    policy = LateFeePolicy(rate_micro=2000, later=LaterRate(rate_micro=3000, rule=YearEnd.SPLIT))
    lines = late_fees.charge(
        debts=samples.debts_frame([Debt(paid_on=dt.date(2001, 1, 18))]), policies={1: policy}
    )
    texts = [
        late_fee_text.sentence(line=late_fee_text.Line.from_row(row), currency="CNY", language="zh")
        for row in lines.iter_rows(named=True)
    ]
    assert texts == [
        "2000年12月16日 至 2000年12月31日，共 16 天：2,000.00 元 × 16 天 × 2‰ = 64.00 元",
        "2001年1月1日 至 2001年1月18日，共 18 天：2,000.00 元 × 18 天 × 3‰ = 108.00 元",
    ]
