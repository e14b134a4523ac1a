"""ID numbers: which are real, how they are sealed and masked; what an entry may say."""

from __future__ import annotations

from datetime import date

import pytest

from app.archive.rules.documents import (
    DocumentIncomplete,
    DocumentUnfit,
    is_resident_id,
    masked_number,
    normal_number,
)
from app.archive.rules.entries import (
    AnsweredTooEarly,
    DayUnfit,
    MinutesUnfit,
    OrganiserMissing,
    WordsMissing,
    check_answer,
    check_commendation,
    check_training,
)
from app.archive.rules.sealing import opened, seal_key, sealed
from tests.archive.keeping import COURSE, HONOUR, ID_NUMBER, KEY

TODAY = date(2026, 2, 3)


@pytest.mark.parametrize("number", [ID_NUMBER, "11010519491231002X"])
def test_a_real_number_is_one(number: str) -> None:
    assert is_resident_id(number)


@pytest.mark.parametrize(
    "number",
    [
        ID_NUMBER[:-1] + "5",  # another check digit
        ID_NUMBER[:6] + "19901332" + ID_NUMBER[14:],  # no such day
        ID_NUMBER[:-1],
        "0" + ID_NUMBER[1:],
        "",
    ],
)
def test_what_only_looks_like_one_is_none(number: str) -> None:
    assert not is_resident_id(number)


def test_a_number_is_kept_without_what_people_type_between() -> None:
    assert normal_number("resident_id", " 110101 19900307-4514 ") == ID_NUMBER
    assert normal_number("resident_id", "11010519491231002x") == "11010519491231002X"
    assert normal_number("passport", "ｅ1234567") == "E1234567"


@pytest.mark.parametrize(
    ("kind", "number", "refused"),
    [
        ("resident_id", "123", DocumentUnfit),
        ("passport", "12", DocumentUnfit),
        ("passport", "E12345'67", DocumentUnfit),
        ("library_card", ID_NUMBER, DocumentIncomplete),
    ],
)
def test_an_unfit_number_is_refused_and_not_repeated(
    kind: str, number: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused) as caught:
        normal_number(kind, number)
    assert number not in str(caught.value)


def test_a_seal_opens_for_its_own_person_and_secret_alone() -> None:
    seal = sealed(ID_NUMBER, volunteer_id=7, key=KEY)
    assert opened(seal, volunteer_id=7, key=KEY) == ID_NUMBER
    assert opened(seal, volunteer_id=8, key=KEY) is None
    assert opened(seal, volunteer_id=7, key=seal_key("another secret of an instance")) is None


@pytest.mark.parametrize("seal", ["", "1:", "1:***", "1:AAAA", "nonsense"])
def test_a_seal_that_is_none_opens_to_nothing(seal: str) -> None:
    assert opened(seal, volunteer_id=7, key=KEY) is None


def test_sealed_twice_it_looks_different_and_says_nothing() -> None:
    seals = {sealed(ID_NUMBER, volunteer_id=7, key=KEY) for _ in range(2)}
    assert len(seals) == 2
    assert not any(ID_NUMBER in seal for seal in seals)
    assert "secret" not in repr(KEY)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(ID_NUMBER, "110*************14"), ("E1234567", "E******7"), ("12345", "1***5")],
)
def test_a_masked_number_shows_its_ends(number: str, shown: str) -> None:
    assert masked_number(number) == shown


@pytest.mark.parametrize(
    ("training", "refused"),
    [
        (COURSE._replace(course=" "), WordsMissing),
        (COURSE._replace(organiser=""), OrganiserMissing),
        (COURSE._replace(minutes=0), MinutesUnfit),
        (COURSE._replace(minutes=60_001), MinutesUnfit),
        (COURSE._replace(held_on=date(2026, 2, 4)), DayUnfit),
        (COURSE._replace(held_on=date(1949, 9, 30)), DayUnfit),
    ],
)
def test_an_unfit_training_is_refused(training: object, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        check_training(training, TODAY)  # type: ignore[arg-type]


def test_what_is_fit_passes() -> None:
    check_training(COURSE, TODAY)
    check_commendation(HONOUR, TODAY)
    check_answer(date(2026, 1, 20), "已道歉", TODAY, TODAY)


def test_no_complaint_is_answered_before_it_came() -> None:
    with pytest.raises(AnsweredTooEarly):
        check_answer(date(2026, 1, 20), "已道歉", date(2026, 1, 19), TODAY)
