"""How a customer is found: keys beside the name and the phone number. Pure."""

import functools
import re
from dataclasses import dataclass

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


def reversed_key(value: str) -> str:
    """A phone number from behind, so that its tail is found by a prefix scan."""
    return value[::-1]
