"""Contact values come to one form or are refused."""

import pytest

from meterbook.domain.customers import rules


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("PHONE", " １３８ 0000 0000 ", "13800000000"),
        ("PHONE", "010-6552 1234-801", "010-65521234-801"),
        ("PHONE", "+852 2345 6789", "+85223456789"),
        ("PHONE", "(010) 65521234", "01065521234"),
        ("PHONE", "95598", "95598"),
        ("EMAIL", " li@example.cn ", "li@example.cn"),
        ("WECHAT", "wx_li", "wx_li"),
        ("POST", "北京市  朝阳区　1 号", "北京市 朝阳区 1 号"),
    ],
)
def test_values_are_kept_in_one_form(kind: str, given: str, kept: str) -> None:
    assert rules.contact_value(kind=kind, value=given) == kept


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        ("PHONE", "", "NOT_A_PHONE"),
        ("PHONE", "1380000000x", "NOT_A_PHONE"),
        ("PHONE", "12", "NOT_A_PHONE"),
        ("PHONE", "1" * 30, "NOT_A_PHONE"),
        ("EMAIL", "li@", "NOT_AN_EMAIL"),
        ("EMAIL", "li example.cn", "NOT_AN_EMAIL"),
        ("POST", "x" * 201, "WRONG_FORM"),
        ("WECHAT", "a b c", "WRONG_FORM"),
    ],
)
def test_what_reaches_nobody_is_refused(kind: str, given: str, code: str) -> None:
    with pytest.raises(rules.ContactError) as refused:
        rules.contact_value(kind=kind, value=given)
    assert refused.value.code.value == code
