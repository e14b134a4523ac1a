"""Names are found by every reading; numbers and phones have one form."""

from __future__ import annotations

from datetime import date

import pytest

from app.errors import RuleBroken
from app.people.rules import names


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("单雨", {"shanyu", "danyu", "sy", "dy"}),
        ("曾小满", {"zengxiaoman", "cengxiaoman", "zxm", "cxm"}),
        ("仇白露", {"qiubailu", "choubailu", "qbl", "cbl"}),
        ("查寒露", {"zhahanlu", "chahanlu", "zhl", "chl"}),
        ("解冬至", {"xiedongzhi", "jiedongzhi", "xdz", "jdz"}),
        ("吕布", {"lvbu", "lb"}),
        ("Anna Li", {"annali", "al"}),
        ("行长", {"xingzhang", "hangchang", "xc", "hz"}),
    ],
)
def test_every_reading_is_a_key(name, keys):
    assert keys <= set(names.name_keys(name).split())


@pytest.mark.parametrize(("name", "first"), [("单雨", "shanyu"), ("任春", "renchun")])
def test_the_surname_is_sorted_as_a_surname(name, first):
    assert names.name_keys(name).split()[0] == first


@pytest.mark.parametrize("name", ["重行长乐" * 12, "a" * 60, "古丽米热·买买提·阿卜杜拉"])
def test_long_names_stay_bounded(name):
    assert len(names.name_keys(name).split()) <= 2 * names.MOST_SPELLINGS


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" 张　三 ", "张三"),
        ("Anna  Li", "Anna Li"),
        ("古丽·买买提", "古丽·买买提"),
        ("李\u200b四", "李四"),
    ],
)
def test_names_have_one_form(given, kept):
    assert names.normal_name(given) == kept


@pytest.mark.parametrize("given", ["", "  ", "\u200b", "张" * 61])
def test_no_name_is_refused(given):
    with pytest.raises(names.NameMissing):
        names.normal_name(given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("138 0000 0028", "13800000028"), ("+86-13800000028", "13800000028"),
     ("021-65432100", "02165432100"),
     ("１３８００００００２８", "13800000028"), ("  ", None)],
)  # fmt: skip
def test_phones_have_one_form(given, kept):
    assert names.normal_phone(given) == kept


@pytest.mark.parametrize("given", ["1380000002", "12345", "138000000281", "电话", "11800000028"])
def test_half_a_phone_is_refused(given):
    with pytest.raises(names.PhoneUnfit):
        names.normal_phone(given)


@pytest.mark.parametrize(
    ("given", "kept"), [("tx00001", "TX00001"), ("ＴＸ 1", "TX1"), ("志-7", "志-7")]
)
def test_numbers_have_one_form(given, kept):
    assert names.normal_number(given) == kept


@pytest.mark.parametrize(
    "given", ["", "-1", "a b/c", "13800000028", "11010519491231002X", "X" * 33]
)
def test_a_phone_or_identity_number_is_no_volunteer_number(given):
    with pytest.raises(RuleBroken):
        names.normal_number(given)


@pytest.mark.parametrize("given", ["13800000028", "a", "1abc", "a b/c", "x" * 41])
def test_a_login_name_begins_with_a_letter(given):
    with pytest.raises(names.LoginNameUnfit):
        names.normal_login_name(given)


def test_a_birth_date_lies_between_1890_and_today():
    assert names.checked_birth_date(date(1931, 2, 3), date(2026, 1, 1)) == date(1931, 2, 3)
    for unfit in (date(1889, 12, 31), date(2026, 1, 2)):
        with pytest.raises(names.BirthDateUnfit):
            names.checked_birth_date(unfit, date(2026, 1, 1))


def test_a_phone_is_shown_by_its_ends():
    assert names.masked_phone("13800000028") == "138****0028"
    assert names.masked_phone("65432100") == "****2100"
    assert names.masked_phone(None) == ""
