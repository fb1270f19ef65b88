"""Amounts in words, as printed on receipts and bills so that a figure can't be altered unseen."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")
_GROUP_SIZE = 4
LARGEST_RENMINBI_MINOR = 10 ** (_GROUP_SIZE * len(_GROUPS) + 2) - 1


class WordsError(ValueError):
    """An amount too large to be written in words."""


def renminbi_capitals(amount_fen: int) -> str:
    """Chinese capitals of an amount in fen: 140950 is 人民币壹仟肆佰零玖元伍角.

    正式票据 rules: prefix 人民币 without a gap; 整 after 元 only; no 整 after 角 or 分; one 零 for a gap of
    zeros inside the number. A negative amount begins with 负 after the prefix.
    """
    size = abs(amount_fen)
    if size > LARGEST_RENMINBI_MINOR:
        raise WordsError(f"{amount_fen} fen is more than can be written")
    yuan, rest = divmod(size, 100)
    jiao, fen = divmod(rest, 10)
    sign = "负" if amount_fen < 0 else ""
    return (
        f"人民币{sign}"
        + _yuan_words(yuan=yuan, is_alone=rest == 0)
        + _rest_words(yuan=yuan, jiao=jiao, fen=fen)
    )


def _yuan_words(*, yuan: int, is_alone: bool) -> str:
    if yuan == 0:
        return "零元" if is_alone else ""
    return _integer_words(yuan) + "元"


def _rest_words(*, yuan: int, jiao: int, fen: int) -> str:
    if jiao == 0 and fen == 0:
        return "整"
    words = _DIGITS[jiao] + "角" if jiao else ""
    if fen:
        gap = "零" if jiao == 0 and yuan else ""
        words += gap + _DIGITS[fen] + "分"
    return words


def _integer_words(number: int) -> str:
    """Capitals of a positive whole number; zeros inside become one 零, zeros at the end vanish."""
    words = ""
    gap = False
    length = len(str(number))
    for index, digit in enumerate(map(int, str(number))):
        group, place = divmod(length - 1 - index, _GROUP_SIZE)
        if digit:
            words += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = bool(words)
        if place == 0 and number // 10 ** (group * _GROUP_SIZE) % 10**_GROUP_SIZE:
            words += _GROUPS[group]
    return words
