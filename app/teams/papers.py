"""What slips and cards have in common stands with the people; here under the name teams use."""

from app.people.papers import (
    ERROR_LEVEL,
    SHOWN_FOR,
    address_in_full,
    public_address,
    qr,
    seed_of,
    shown,
)

__all__ = [
    "ERROR_LEVEL",
    "SHOWN_FOR",
    "address_in_full",
    "public_address",
    "qr",
    "seed_of",
    "shown",
]
