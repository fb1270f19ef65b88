"""How a customer is found and reached: keys beside the name, contact values in one form. Pure."""

import functools
import re
from dataclasses import dataclass
from enum import StrEnum

from meterbook.kernel import text as kernel_text

# Characters read differently as a surname than anywhere else; longest first.
_SURNAMES = {
    "万俟": ("mo", "qi"),
    "尉迟": ("yu", "chi"),
    "长孙": ("zhang", "sun"),
    "单于": ("chan", "yu"),
    "令狐": ("ling", "hu"),
    "曾": ("zeng",),
    "单": ("shan",),
    "解": ("xie",),
    "仇": ("qiu",),
    "朴": ("piao",),
    "查": ("zha",),
    "盖": ("ge",),
    "区": ("ou",),
    "任": ("ren",),
    "翟": ("zhai",),
    "缪": ("miao",),
    "乐": ("yue",),
    "员": ("yun",),
    "种": ("chong",),
    "秘": ("bi",),
    "华": ("hua",),
    "冼": ("xian",),
    "逄": ("pang",),
    "繁": ("po",),
}
_WORD = re.compile(r"[^\W_]+")
# A person's name; a longer one is an organisation's, which has no surname.
_LONGEST_PERSON = 4
PINYIN_LENGTH = 240
INITIALS_LENGTH = 60
LONGEST_CONTACT = 200
# The forms of contact values by kind (models.ContactPoint.Kind as a name).
_CONTACT_FORMS = {
    "PHONE": re.compile(r"\+?[0-9][0-9-]{3,18}[0-9]"),
    "EMAIL": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
    "WECHAT": re.compile(r"\S{3,60}"),
    "POST": re.compile(r".{3,200}"),
}


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """`pinyin` is the whole name's, `initials` the first letters: 张三丰 is zhangsanfeng and zsf.

    Both are lower case without blanks; letters and digits of the name stay, other signs are left out.
    """

    pinyin: str
    initials: str


@functools.lru_cache(maxsize=65_536)
def search_keys(name: str) -> SearchKeys:
    """The keys by which a name is found and sorted."""
    surname = next((s for s in _SURNAMES if name.startswith(s)), "")
    if len(name) > _LONGEST_PERSON:
        surname = ""
    import pypinyin  # its dictionary takes a tenth of a second, and few processes ever need it

    syllables = [*_SURNAMES.get(surname, ()), *pypinyin.lazy_pinyin(name[len(surname) :])]
    words = [word for syllable in syllables for word in _WORD.findall(syllable.lower())]
    initials = "".join(word if word.isascii() and word[0].isdigit() else word[0] for word in words)
    return SearchKeys(pinyin="".join(words)[:PINYIN_LENGTH], initials=initials[:INITIALS_LENGTH])


def sound_key(pinyin: str) -> str:
    """How a pinyin sounds to an ear that hears no difference between zh and z, ng and n, n and l, h and f.

    The database keeps the same beside each name (models.Sound).
    """
    plain = re.sub(r"([zcs])h", r"\1", pinyin).replace("ng", "n")
    return plain.translate(str.maketrans("nh", "lf"))


def is_one_sign_off(name: str, other: str) -> bool:
    """Whether one sign was mistaken, left out, put in, or changed places with its neighbour."""
    if name == other or abs(len(name) - len(other)) > 1:
        return False
    if len(name) == len(other):
        wrong = [i for i, sign in enumerate(name) if other[i] != sign]
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1  # noqa: PLR2004 (the two that changed places)
        return len(wrong) == 1 or (
            swapped and name[wrong[0]] == other[wrong[1]] and name[wrong[1]] == other[wrong[0]]
        )
    longer, shorter = (name, other) if len(name) > len(other) else (other, name)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def reversed_key(value: str) -> str:
    """A phone number from behind, so that its tail is found by a prefix scan."""
    return value[::-1]


class ContactFault(StrEnum):
    """Why a way to reach somebody is refused."""

    NOT_A_PHONE = "NOT_A_PHONE"
    NOT_AN_EMAIL = "NOT_AN_EMAIL"
    WRONG_FORM = "WRONG_FORM"


_FAULTS = {"PHONE": ContactFault.NOT_A_PHONE, "EMAIL": ContactFault.NOT_AN_EMAIL}


class ContactError(ValueError):
    """A phone number or address that can't be reached."""

    def __init__(self, *, code: ContactFault) -> None:
        super().__init__(code.value)
        self.code = code


def contact_value(*, kind: str, value: str) -> str:
    """A contact value in the form it is kept: half width; a phone number without blanks. Raises ContactError.

    `kind` is PHONE, EMAIL, WECHAT or POST. Foreign numbers keep their +; an extension stands behind a hyphen.
    """
    plain = " ".join(kernel_text.half_width(value).split())
    if kind == "PHONE":
        plain = re.sub(r"[\s().]", "", plain)
    if len(plain) > LONGEST_CONTACT or not _CONTACT_FORMS[kind].fullmatch(plain):
        raise ContactError(code=_FAULTS.get(kind, ContactFault.WRONG_FORM))
    return plain
