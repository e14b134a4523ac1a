"""How a person is called where anybody may read it: masked, or in full by consent.

A mask shows a surname at most. What it leaves standing tells little more than 张 does: one of
some hundred surnames, or one of some hundred pairs of initials.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import NamedTuple

from app.people.rules.consent import is_child
from app.people.rules.names import ERASED_NAME

MASK = "*"
JOINER = "\u200d"
# Not assigned, and for private use.
UNKNOWN = frozenset({"Cn", "Co"})
# Surnames of several characters (复姓). Left out are those whose first character is itself a
# living surname and far more common (单于, 乐正, 左丘): there the mask shows one character.
_COMPOUND = (
    "爱新觉罗 愛新覺羅 叶赫那拉 葉赫那拉 欧阳 歐陽 司马 司馬 "
    "上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 "
    "令狐 司徒 司空 司寇 夏侯 端木 轩辕 軒轅 长孙 長孫 宇文 "
    "鲜于 鮮于 鮮於 南宫 南宮 东郭 東郭 东门 東門 西门 西門 "
    "南门 南門 独孤 獨孤 赫连 赫連 濮阳 濮陽 呼延 澹台 澹臺 "
    "拓跋 拓拔 完颜 完顏 耶律 纳兰 納蘭 钟离 鍾離 鐘離 申屠 "
    "淳于 淳於 公冶 公羊 公西 仲孙 仲孫 叔孙 叔孫 季孙 季孫 "
    "颛孙 顓孫 太叔 百里 第五 漆雕 亓官 巫马 巫馬 羊舌 微生 "
    "夹谷 夾谷 壤驷 壤駟 万俟 萬俟 闾丘 閭丘 哥舒"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())
_LONGEST_SURNAME = max(map(len, COMPOUND_SURNAMES))


class Nameable(NamedTuple):
    """What decides by which name somebody stands on a public page.

    `is_named`: the last word on it was yes. `is_guardian_agreed`: that word was a guardian's.
    `has_guardian`: somebody is their guardian now.
    """

    name: str
    born_on: date | None
    is_named: bool
    is_guardian_agreed: bool
    has_guardian: bool


def public_name(person: Nameable, on: date) -> str:
    """Return the name a public page shows: in full by consent that counts, else masked."""
    return person.name if may_be_named(person, on) else masked_name(person.name)


def may_be_named(person: Nameable, on: date) -> bool:
    """Tell whether a public page may show somebody's full name on a date."""
    if not person.is_named:
        return False
    return person.is_guardian_agreed or not needs_guardian(
        person.born_on, on, has_guardian=person.has_guardian
    )


def needs_guardian(born_on: date | None, on: date, *, has_guardian: bool) -> bool:
    """Tell whether only a guardian may agree that somebody is named.

    Of whom no birth date is known, whoever has a guardian may be a child.
    """
    return has_guardian if born_on is None else is_child(born_on, on)


def masked_name(name: str) -> str:
    """Return a name as strangers see it: 张*, 欧阳*, J* S*. Never empty; masked twice, the same.

    In alphabets the initials of the first and the last word: which of them is the surname
    nobody can tell, and one initial alone would not be recognised by its owner. What a
    one-character name hides cannot be told either: 张 is 张*, as 张三 is.
    """
    if name == ERASED_NAME:
        return name
    words = unicodedata.normalize("NFC", name).split()
    if not words or not _is_letter(words[0][0]):
        return MASK
    first, last = words[0], words[-1]
    if len(words) > 1 and _is_alphabetic(first) and _is_alphabetic(last):
        return f"{_initial(first)}{MASK} {_initial(last)}{MASK}"
    return f"{_surname(first)}{MASK}"


def _surname(word: str) -> str:
    """Return a surname of several characters where something follows it, else one character."""
    for length in range(min(_LONGEST_SURNAME, len(word) - 1), 1, -1):
        if word[:length] in COMPOUND_SURNAMES:
            # 欧阳·娜娜: dots part the names of peoples who have no such surnames.
            return word[:1] if _is_mark(word[length]) else word[:length]
    return _initial(word)


def _initial(word: str) -> str:
    """Return the first character as readers see it, with the marks that stand on it."""
    end = 1
    while end < len(word) and _extends(word, end):
        end += 1
    return word[:end]


def _extends(word: str, at: int) -> bool:
    return unicodedata.category(word[at]).startswith("M") or JOINER in word[at - 1 : at + 1]


def _is_letter(character: str) -> bool:
    """Tell whether a character is one to show; □ and ? stand for one nobody could type.

    What Unicode does not know (yet) may be a rare character of a name.
    """
    return unicodedata.category(character)[0] in "LN" or unicodedata.category(character) in UNKNOWN


def _is_mark(character: str) -> bool:
    return not character.isalnum() and character != MASK


def _is_alphabetic(word: str) -> bool:
    """Tell whether a word is of letters that are no words: Chinese, Japanese, Korean ones are."""
    return _is_letter(word[0]) and unicodedata.east_asian_width(word[0]) not in {"W", "F", "H"}
