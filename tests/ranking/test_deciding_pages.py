"""The pages on which a year is closed: ask, confirm, refuse, do it alone, let a notice last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.ranking.year import AFTER_NOTICE, YEAR, ask, save, standing
from tests.service.community import NOW
from tests.service.conftest import Town, key_in

PAGE = f"/awards/TX/{YEAR}"


@pytest.fixture
def town(year_town: Town) -> Town:
    save(year_town.community)
    return year_town


@contextmanager
def signed_in(
    town: Town, monkeypatch: pytest.MonkeyPatch, name: str, at: datetime = NOW
) -> Iterator[FlaskClient]:
    """Let somebody sit down at a browser at some later time."""
    monkeypatch.setattr("tests.service.conftest.NOW", at)
    with time_machine.travel(at, tick=False):
        yield town.browser(name)


def answer(browser: FlaskClient, do: str, freeze: int, **more: str) -> Any:
    return browser.post(f"{PAGE}/{do}", data={"key": key_in(browser.get(PAGE).text),
                                              "freeze": str(freeze), **more})  # fmt: skip


def test_notice_and_final_list_are_confirmed_in_the_browser(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list becomes final by a tap, too: each is carried out in its own kind of commit."""
    for asked_for, at in (("notice", NOW), ("final", AFTER_NOTICE)):
        freeze = ask(town.community, asked_for, now=at)
        with signed_in(town, monkeypatch, "organiser_too", at) as second:
            assert answer(second, "confirm", freeze).status_code == 303
    assert standing(town.community).final_at is not None
