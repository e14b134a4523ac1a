"""A mask shows a surname at most; a full name takes a consent that counts."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.rules.naming import (
    COMPOUND_SURNAMES,
    MASK,
    Nameable,
    masked_name,
    may_be_named,
    public_name,
)

TODAY = date(2026, 11, 22)
CHILD, GROWN = date(2013, 3, 1), date(1970, 3, 1)
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
COMPOUND = st.sampled_from(sorted(COMPOUND_SURNAMES))


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("张谷雨", "张*"),
        ("张三", "张*"),
        ("张", "张*"),
        ("欧阳春分", "欧阳*"),
        ("歐陽芒種", "歐陽*"),
        ("司徒雪", "司徒*"),
        ("爱新觉罗小满", "爱新觉罗*"),
        # 欧 with the given name 阳.
        ("欧阳", "欧*"),
        # 单 and 于谷雨: far more likely than the surname 单于.
        ("单于谷雨", "单*"),
        ("阿依古丽·买买提", "阿*"),
        ("欧阳·娜娜", "欧*"),
        ("𠮷田春分", "𠮷*"),
        ("葛\U000e0100城", "葛\U000e0100*"),
        ("John Smith", "J* S*"),
        ("Zhang San", "Z* S*"),
        ("María del Carmen López", "M* L*"),
        ("E\u0301mile Zola", "É* Z*"),
        ("X\u0323\u0302an", "X\u0323\u0302*"),
        ("Иван Петров", "И* П*"),
        ("Madonna", "M*"),
        ("Li 春分", "L*"),
        ("김 철수", "김*"),
        ("  张   三 ", "张*"),
        ("", MASK),
        ("   ", MASK),
        ("*", MASK),
        # A sign for a character that nobody could type: what follows may be the given name.
        ("□春分", MASK),
    ],
)
def test_a_mask(name: str, mask: str) -> None:
    assert masked_name(name) == mask


@given(st.text(max_size=80))
def test_a_mask_is_never_empty_and_masks_nothing_twice(name: str) -> None:
    mask = masked_name(name)
    assert mask.endswith(MASK)
    assert masked_name(mask) == mask


@given(st.text(max_size=80))
def test_a_mask_shows_no_more_than_two_characters_or_a_known_surname(name: str) -> None:
    shown = masked_name(name).replace(MASK, "").replace(" ", "")
    bare = "".join(c for c in shown if not unicodedata.category(c).startswith("M"))
    assert len(bare.replace("\u200d", "")) <= 2 + shown.count("\u200d") or (
        bare in COMPOUND_SURNAMES
    )


@given(HAN, st.text(HAN, min_size=1, max_size=5))
def test_of_a_chinese_name_only_the_surname_stands(surname: str, rest: str) -> None:
    shown = masked_name(surname + rest).removesuffix(MASK)
    assert shown == surname or (shown in COMPOUND_SURNAMES and shown != surname + rest)


@given(COMPOUND, st.text(HAN, min_size=1, max_size=3))
def test_a_double_surname_stands_whole(surname: str, rest: str) -> None:
    assert masked_name(surname + rest) == surname + MASK


@pytest.mark.parametrize("surname", sorted(one for one in COMPOUND_SURNAMES if len(one) == 2))
def test_a_double_surname_alone_is_no_whole_name(surname: str) -> None:
    assert masked_name(surname) == surname[0] + MASK


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2), min_size=1, max_size=5))
def test_of_a_name_in_letters_two_initials_stand_at_most(words: list[str]) -> None:
    initials = list(dict.fromkeys([0, len(words) - 1]))
    assert masked_name(" ".join(words)) == " ".join(words[at][0] + MASK for at in initials)


def person(**known: object) -> Nameable:
    return Nameable("张谷雨", GROWN, True, False, False)._replace(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (person(), True),
        (person(is_named=False), False),
        (person(is_named=False, is_guardian_agreed=True), False),
        (person(born_on=CHILD), False),
        (person(born_on=CHILD, has_guardian=True), False),
        (person(born_on=CHILD, is_guardian_agreed=True), True),
        # Fourteen since: the guardian's word stays until it is taken back.
        (person(born_on=date(2012, 11, 22), is_guardian_agreed=True), True),
        (person(born_on=date(2012, 11, 22)), True),
        (person(born_on=date(2012, 11, 23)), False),
        (person(born_on=None), True),
        (person(born_on=None, has_guardian=True), False),
        (person(born_on=None, has_guardian=True, is_guardian_agreed=True), True),
        # A grown-up with a guardian decides alone.
        (person(has_guardian=True), True),
    ],
)
def test_who_may_be_named(one: Nameable, expected: bool) -> None:
    assert may_be_named(one, TODAY) is expected
    assert public_name(one, TODAY) == ("张谷雨" if expected else "张*")
