"""What an erasure takes and leaves, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.errors import N_
from app.privacy.columns import TABLES
from app.privacy.queries.erasing import LeftBehind
from app.privacy.rules.classes import Class, Group, Keeping
from app.web.filters import points

GROUP_WORDS: Mapping[Group, str] = {
    "person": N_("The person"),
    "account": N_("Signing in"),
    "service": N_("Service"),
    "points": N_("Points and the ledger"),
    "rewards": N_("Redemption"),
    "year": N_("Ranking and certificates"),
    "notices": N_("Word to people"),
    "trail": N_("What was done, and by whom"),
    "work": N_("Imports, files and background work"),
    "place": N_("Organisations, teams and settings"),
}
CLASS_WORDS: Mapping[Class, str] = {
    "none": N_("About nobody"),
    "internal": N_("About the work"),
    "pseudonym": N_("Numbers that lead to a person"),
    "personal": N_("Personal"),
    "sensitive": N_("Sensitive"),
    "secret": N_("Secret"),
}
KEEPING_WORDS: Mapping[Keeping, str] = {
    "person": N_("until the person is erased"),
    "ledger": N_("as long as the ledger: hours and points have to add up"),
    "trail": N_("as long as the trail: it has to say who did what"),
    "instance": N_("as long as the place uses it: nobody's own"),
    "ended": N_("until it ends, or the person is erased"),
    "two_days": N_("two days"),
    "month": N_("a month after it ended"),
    "refused": N_("of refused requests 180 days"),
    "upload": N_("as long as the setting for uploaded files says"),
    "week": N_("a week"),
    "notice": N_("400 days"),
}
# What goes, in words a person knows; every table of it is named in columns/.
_GOES: Mapping[Group, str] = {
    "person": N_("Name, birth date, sex, phone, address, skills, ID number, training, honours"),
    "account": N_("The sign-in with its password and PIN, devices, cards"),
    "service": N_("Photos of claims, words in disputes, devices of check-ins"),
    "year": N_("Words of objections"),
    "notices": N_("Notices, e-mail addresses, what was chosen"),
    "trail": N_("Personal values in the trail; that something was done stays"),
    "work": N_("Files that were made, what rosters changed"),
}
_OF_GROUP: Mapping[str, Group] = {table.name: table.group for table in TABLES}


class Line(NamedTuple):
    """One kind of data, and how many rows of it."""

    group: str
    what: str
    rows: int


def going_lines(counts: Mapping[str, int]) -> list[Line]:
    """Return what goes, by group."""
    rows: dict[Group, int] = {}
    for name, count in counts.items():
        rows[_OF_GROUP[name]] = rows.get(_OF_GROUP[name], 0) + count
    return [
        Line(_(GROUP_WORDS[group]), _(what), rows[group])
        for group, what in _GOES.items()
        if group in rows
    ]


def staying_words(behind: LeftBehind) -> list[str]:
    """Return what stays and why, one sentence each."""
    words = [
        _("Hours, points and places on frozen lists stay under the number, without a name:"
          " what others served and were given is reckoned from them."),
        _("That consent was given, and when, stays: it has to be shown."),
    ]  # fmt: skip
    if behind.points_hundredths:
        words.append(
            _("%(points)s points are left. They stay with the number, and nobody can spend them:"
              " redeem them first, if wished.", points=points(behind.points_hundredths))
        )  # fmt: skip
    if behind.certificates:
        words.append(
            ngettext(
                "%(num)s certificate stays as it was issued, with the name: whoever shows one has"
                " to be believed. It can be revoked first, if wished.",
                "%(num)s certificates stay as they were issued, with the name: whoever shows one"
                " has to be believed. They can be revoked first, if wished.",
                behind.certificates,
            )
        )
    if behind.helping:
        words.append(
            ngettext(
                "They act for %(num)s person: that ends.",
                "They act for %(num)s people: that ends.",
                behind.helping,
            )
        )
    words.append(
        _("A name typed into the reason of a ledger entry, or into what a record says was done,"
          " stays as it was typed: the books are never rewritten.")
    )  # fmt: skip
    return words
