"""What the trail may say: one canonical JSON, without secrets, full phones or ID numbers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.errors import N_, RuleBroken

MASK = "***"
# By which keys a person is known, and where: these values stand beside the row and go with the
# person (app/trail/models.py). With these subjects so does the reason: people write names there.
PERSONAL: dict[str, frozenset[str]] = {
    "volunteer": frozenset(
        {
            *("name", "sex", "born_on", "phone", "residence_area", "skills", "service_category"),
            *("course", "organiser", "title", "given_by", "note"),
        }
    ),
    "login": frozenset({"name", "display_name"}),
    "join_request": frozenset({"name", "phone", "born_on", "guardian_name", "guardian_phone"}),
    "dispute": frozenset({"content"}),
    "objection": frozenset(),
    "team_ask": frozenset(),
    "helper_ask": frozenset(),
}
_SCALARS = frozenset({str, int, bool})
_SECRET = re.compile(r"password|secret|token|sha256|activation_code|(^|_)pin($|_)")
_ID_NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9])")
_DIGIT = "[0-9０-９]"
# As people write them: +86 before, spaces or hyphens between, full width.
_PHONE = re.compile(
    rf"(?<!{_DIGIT})((?:(?:\+|00|００)?(?:86|８６)[ -]?)?[1１]{_DIGIT}{{2}})"
    rf"[ -]?{_DIGIT}{{4}}[ -]?({_DIGIT}{{4}})(?!{_DIGIT})"
)


class KeyReused(RuleBroken):
    """The key of an earlier request came back with other content; nothing was done."""

    code = "key_reused"
    message = N_(
        "This form was sent before with other content. Nothing was done now;"
        " check it and send it again."
    )


def canonical(content: object) -> str:
    """Return the one JSON text of a content: sorted keys, no spaces, dates in ISO form."""
    return json.dumps(
        _plain(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def sha256_of(content: object) -> str:
    """Return the SHA-256 of a content's canonical JSON, in lower-case hex."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def cleaned(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields fit for the trail: secrets left out, phones and ID numbers masked."""
    return {key: _clean(key, value) for key, value in fields.items()}


def parted(
    subject_kind: str, fields: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the fields that stay in the row, and those by which a person is known (or None)."""
    if fields is None:
        return None, None
    keys = PERSONAL.get(subject_kind, frozenset())
    personal = {key: value for key, value in fields.items() if key in keys}
    return {key: value for key, value in fields.items() if key not in keys}, personal or None


def joined(stays: dict[str, Any] | None, personal: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return both parts of `parted` as one; what was erased is not there."""
    return stays if personal is None else {**(stays or {}), **personal}


def mask_phone(phone: str | None) -> str:
    """Return a phone with its middle hidden: 138****5678."""
    if not phone:
        return ""
    tail = phone[-4:] if len(phone) > 7 else ""
    return f"{phone[: 3 if tail else 1]}****{tail}"


def mask_text(text: str) -> str:
    """Return a free text with the phones and ID numbers in it masked."""
    return _PHONE.sub(r"\1****\2", _ID_NUMBER.sub(MASK, text))


def _clean(key: str, value: Any) -> Any:
    if _SECRET.search(key):
        return MASK if value else value
    if isinstance(value, Mapping):
        return cleaned({str(inner): one for inner, one in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [
            _clean(key, one)
            for one in (sorted(value) if isinstance(value, set | frozenset) else value)
        ]
    if not isinstance(value, str):
        return value
    return mask_phone(value) if "phone" in key else mask_text(value)


def _plain(value: Any) -> Any:
    # Nearly everything is one of these, and a day of 200 people says tens of thousands.
    if value is None or type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return [_plain(one) for one in sorted(value)]
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form.")
