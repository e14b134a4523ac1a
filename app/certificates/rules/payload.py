"""What a certificate says, as one canonical text that is signed: no second text says the same.

Figures are whole numbers, dates stand in ISO form, keys are sorted, nothing is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from app.trail.rules import canonical

VERSION = 1
Kind = Literal["service", "award"]
KINDS: tuple[str, ...] = get_args(Kind)
# How the contents of a service record are told: each record, or sums where they are many.
By = Literal["record", "month", "team"]


class Share(NamedTuple):
    """What of the served time was served in one colour."""

    colour: str
    glyph: str
    name: str
    minutes: int


class Content(NamedTuple):
    """One line of the contents: a record, or several of one team added up."""

    from_on: date
    until_on: date
    team: str
    content: str
    records: int
    minutes: int


class Payload(NamedTuple):
    """All that a certificate says."""

    kind: str
    number: str
    title: str
    issuer_code: str
    issuer_name: str
    name: str
    # A volunteer's number, or the code of a team.
    holder_number: str
    is_team: bool
    # Of an award: its place, the year it is of.
    rank: int | None
    is_tied: bool
    year: int
    # The span told; no dates: a lifetime.
    from_on: date | None
    until_on: date | None
    minutes: int
    # What of it stood in a paper book before Qicai.
    before_minutes: int
    dates: int
    service_days: int
    shares: tuple[Share, ...]
    contents: tuple[Content, ...]
    contents_by: str
    recorded_by: tuple[str, ...]
    in_charge: str
    contact: str
    issued_on: date
    reported_nationally: bool
    verify_code: str
    # The number of the certificate this one takes the place of.
    replaces: str | None


class PayloadBroken(ValueError):
    """A text is no payload of ours, or not in its one form."""


def payload_text(payload: Payload) -> str:
    """Return the one text of what a certificate says."""
    said: dict[str, Any] = payload._asdict()
    said["shares"] = [share._asdict() for share in payload.shares]
    said["contents"] = [content._asdict() for content in payload.contents]
    return canonical({"version": VERSION, **said})


def payload_from(text: str) -> Payload:
    """Return what a text says; raises PayloadBroken unless it is exactly in its one form."""
    try:
        payload = _payload(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise PayloadBroken from error
    if payload_text(payload) != text:
        raise PayloadBroken
    return payload


def _payload(said: Mapping[str, Any]) -> Payload:
    given = {**said}
    if given.pop("version") != VERSION:
        raise PayloadBroken
    for key in ("from_on", "until_on", "issued_on"):
        given[key] = None if given[key] is None else date.fromisoformat(given[key])
    given["shares"] = tuple(Share(**each) for each in given["shares"])
    given["contents"] = tuple(_content(each) for each in given["contents"])
    given["recorded_by"] = tuple(given["recorded_by"])
    return Payload(**given)


def _content(said: Mapping[str, Any]) -> Content:
    given = {**said}
    for key in ("from_on", "until_on"):
        given[key] = date.fromisoformat(given[key])
    return Content(**given)
