"""ID numbers are kept sealed, each bound to its volunteer; the key stands in no database."""

from __future__ import annotations

from app.people.rules.sealing import SealKey, key_for, seal, unseal

_PURPOSE = "qicai id document 1"

__all__ = ["SealKey", "opened", "seal_key", "sealed"]


def seal_key(instance_secret: str) -> SealKey:
    """Return the key that belongs to an instance's secret."""
    return key_for(_PURPOSE, instance_secret)


def sealed(number: str, *, volunteer_id: int, key: SealKey) -> str:
    """Return an ID number sealed for its volunteer; twice sealed it looks different."""
    return seal(number, bound_to=str(volunteer_id), key=key)


def opened(seal: str, *, volunteer_id: int, key: SealKey) -> str | None:
    """Return the ID number in a seal; None where it was made with another secret."""
    return unseal(seal, bound_to=str(volunteer_id), key=key)
