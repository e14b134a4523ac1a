"""The public halves as they are published, and as a file of them is read for a check off line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from app.certificates.rules.signing import ALGORITHM, from_text, key_id_of

_PUBLIC_BYTES = 32


class PublicKey(NamedTuple):
    """A public half, and whether it still signs."""

    key_id: str
    public_key: str
    made_at: datetime
    is_current: bool


class KeyFileBroken(ValueError):
    """A file holds no public key."""


def published_keys(keys: Iterable[PublicKey]) -> dict[str, Any]:
    """Return what stands at the well-known address."""
    return {
        "format": "qicai-certificates-1",
        "keys": [
            {
                "id": each.key_id,
                "algorithm": ALGORITHM,
                "public_key": each.public_key,
                "made_at": each.made_at.isoformat(),
                "signs_now": each.is_current,
            }
            for each in keys
        ],
    }


def keys_from(content: str) -> dict[str, str]:
    """Return the keys of a file by name: what was published, or one key's text alone."""
    text = content.strip()
    try:
        listed = json.loads(text)["keys"] if text.startswith("{") else [{"public_key": text}]
        given = [str(each["public_key"]) for each in listed]
        raw = [from_text(each) for each in given]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise KeyFileBroken from error
    if not raw or any(len(each) != _PUBLIC_BYTES for each in raw):
        raise KeyFileBroken
    # Named anew: a name is only as good as the key it stands for.
    return {key_id_of(each): text for each, text in zip(raw, given, strict=True)}
