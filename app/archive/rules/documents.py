"""ID documents: which kinds there are, whether a number can be one, and how it is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from app.errors import N_, RuleBroken

RESIDENT_ID = "resident_id"
# The kinds that the national record names.
KINDS: Mapping[str, str] = {
    RESIDENT_ID: N_("Resident identity card"),
    "hk_macao_permit": N_("Mainland travel permit of Hong Kong and Macao residents"),
    "taiwan_permit": N_("Mainland travel permit of Taiwan residents"),
    "foreigner_permit": N_("Permanent residence card of foreigners"),
    "passport": N_("Passport"),
    "other": N_("Another document"),
}
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OTHER = re.compile(r"[A-Z0-9]{5,20}")
_SHOWN_BEFORE, _SHOWN_AFTER = 3, 2
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


class DocumentUnfit(RuleBroken):
    """The number is not repeated: refusals are shown and may be kept."""

    code = "document_unfit"
    message = N_("This is no number of such a document. Compare it with the document once more.")


class DocumentIncomplete(RuleBroken):
    code = "document_incomplete"
    message = N_("Choose the kind of document.")


def normal_number(kind: str, typed: str) -> str:
    """Return an ID number as it is kept, without the spaces people type; or refuse it."""
    if kind not in KINDS:
        raise DocumentIncomplete
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed)).upper()
    fits = is_resident_id(number) if kind == RESIDENT_ID else bool(_OTHER.fullmatch(number))
    if not fits:
        raise DocumentUnfit
    return number


def is_resident_id(number: str) -> bool:
    """Tell whether a text is a resident identity number: a real birthday, the right check digit."""
    if not _RESIDENT.fullmatch(number):
        return False
    try:
        date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[17] == _CHECK_DIGITS[total % 11]


def masked_number(number: str) -> str:
    """Return an ID number of which only the ends are seen."""
    if len(number) <= _SHOWN_BEFORE + _SHOWN_AFTER + 3:
        return f"{number[:1]}{'*' * (len(number) - 2)}{number[-1:]}"
    hidden = "*" * (len(number) - _SHOWN_BEFORE - _SHOWN_AFTER)
    return f"{number[:_SHOWN_BEFORE]}{hidden}{number[-_SHOWN_AFTER:]}"
