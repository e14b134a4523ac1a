"""What somebody agrees to for a purpose of its own, and when a yes counts."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from app.errors import N_, RuleBroken
from app.people.rules.naming import needs_guardian

# Beside `boards`, being named in public, which has words of its own.
PURPOSES = ("photos", "helpers", "minors")
# Said on one's own page; a yes to helpers is said by asking for one.
CHOSEN = ("photos", "minors")
# The words of templates/home/privacy_minors.html: other words, another version. A test compares.
MINORS_VERSION = "2026-11-22"


class ConsentTakenBack(RuleBroken):
    code = "consent_taken_back"
    message = N_(
        "%(name)s took back the consent to be helped after this was asked. Let them ask anew."
    )


class LastWord(NamedTuple):
    """The last word on a purpose: yes or no, and whether it was a guardian's."""

    is_given: bool
    is_guardians: bool


class Shown(NamedTuple):
    """What decides who sees the photos somebody sent in; `word`: the last one, if any."""

    born_on: date | None
    has_guardian: bool
    word: LastWord | None


def may_show_photos(person: Shown, on: date) -> bool:
    """Tell whether whoever checks somebody's hours may see the photos sent in with them.

    Sending one is a grown-up's yes until they say no; for a child a guardian has to say it.
    """
    if person.word is not None and not person.word.is_given:
        return False
    if person.word is not None and person.word.is_guardians:
        return True
    return not needs_guardian(person.born_on, on, has_guardian=person.has_guardian)
