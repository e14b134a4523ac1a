"""Formula-like text in CSV: a protecting quote going out, taken off coming in.

Text that begins with any number of quotes and then a formula sign gains one
quote, and loses one when read, so every text comes back as it was.
"""

from __future__ import annotations

import re

_STARTS_A_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def protect(text: str) -> str:
    return "'" + text if _STARTS_A_FORMULA.match(text) else text


def unprotect(text: str) -> str:
    return text[1:] if text[:1] == "'" and _STARTS_A_FORMULA.match(text) else text
