"""The privacy notice has a version; who agreed to which is kept and never changed."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from app.people.rules.consent import PRIVACY_VERSION, is_child
from app.people.rules.purposes import MINORS_VERSION

NOTICE = Path(__file__).resolve().parent.parent.parent / "templates" / "home" / "privacy.html"
# Other words, another version: add a line, never change one.
WORDS_OF = {
    "2026-11-22.4": "5567b2190a18ab7827bdc7a16ac90765b579f6bb807aaaedefa9d97a1710bfc5",
    "2026-11-22.3": "6fbd9a5a40a87335929c23f450fae93e13481da1a0cdf7709b84c28c2507617c",
    "2026-11-22.2": "8e5d7b15de7867bb5360e60e770b9194749725c8467aff1ddf39e5447c7ceb05",
    "2026-11-22": "99c66cfb7f26a4c91057cdf7f10c62825c0dd9b5067c4eea0e2efed2f463f49b",
    "2026-11": "1249a91672cb728bb429a94be4750a9efbccda73fa0a9e47c0e1201ccbdf3676",
}


MINORS_WORDS_OF = {
    "2026-11-22": "a5629144793ae27319854055501cd9596b1e876c7bd096eec0a796d85d24a439",
}


def test_the_words_are_those_of_the_version():
    assert WORDS_OF[PRIVACY_VERSION] == hashlib.sha256(NOTICE.read_bytes()).hexdigest()


def test_the_words_for_minors_are_those_of_their_version():
    notice = NOTICE.with_name("privacy_minors.html")
    assert MINORS_WORDS_OF[MINORS_VERSION] == hashlib.sha256(notice.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("born_on", "expected"),
    [
        (None, False),
        (date(2012, 4, 2), True),
        (date(2012, 4, 1), False),
        (date(2012, 3, 31), False),
        (date(2026, 4, 1), True),
    ],
)
def test_a_child_is_under_fourteen(born_on, expected):
    assert is_child(born_on, date(2026, 4, 1)) is expected


def test_the_notice_shows_its_version(client, place):
    for language in ("en", "zh_Hans", "zh_Hant"):
        client.set_cookie("qicai_language", language)
        assert PRIVACY_VERSION in client.get("/privacy").text
