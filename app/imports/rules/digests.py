"""The digest of what an import would do: what somebody agreed to is exactly this."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from app.imports.rules.fixes import Fixes


def digest_of(file_sha256: str, fixes: Fixes, effects: Iterable[str]) -> str:
    """Return the SHA-256 of a file, its fixes and their effects, one a line."""
    told = hashlib.sha256(f"{file_sha256}\n{fixes.all!r}\n".encode())
    for effect in effects:
        told.update(effect.encode("utf-8", "surrogatepass"))
        told.update(b"\n")
    return told.hexdigest()
