"""The two files that can be checked off line: a certificate's JSON, and a signed PDF.

Each has exactly one form: the JSON is canonical as a whole, a PDF ends with the line of its
signature, which covers every byte before it. Any other byte anywhere, and it is not ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from app.certificates.rules.payload import Payload, PayloadBroken, payload_from
from app.certificates.rules.signing import ALGORITHM, Signer, is_signed
from app.trail.rules import canonical

MOST_BYTES = 64 * 2**20
_OF_PAYLOAD = b"qicai-certificate-1\n"
_OF_PDF = b"qicai-certificate-pdf-1\n"
_TAIL = re.compile(
    rb"\n(%Qicai-Signature 1 ([0-9a-f]{16}) ([0-9A-Z]{28}|-) )([A-Za-z0-9_-]{86})\n\Z"
)
_LONGEST_TAIL = 200


class NotReadable(ValueError):
    """A file is neither of the two."""


class Signed(NamedTuple):
    """What a file says of itself; whether it is true is asked of a public key."""

    key_id: str
    message: bytes
    signature: str
    # Of the JSON what it says; a PDF only names its code, or none where it holds several.
    payload: Payload | None
    verify_code: str | None

    def is_authentic(self, public_keys: Mapping[str, str]) -> bool:
        """Tell whether it was signed by one of these keys, given by name."""
        public_key = public_keys.get(self.key_id)
        return public_key is not None and is_signed(public_key, self.message, self.signature)


class Altered(ValueError):
    """A file is one of the two, and not as it was made."""


def payload_signature(text: str, signer: Signer) -> str:
    """Return the signature of what a certificate says."""
    return signer.sign(_OF_PAYLOAD + text.encode())


def is_payload_signed(text: str, signature: str, public_key: str) -> bool:
    """Tell whether a kept certificate is signed by a key."""
    return is_signed(public_key, _OF_PAYLOAD + text.encode(), signature)


def certificate_file(text: str, key_id: str, signature: str) -> bytes:
    """Return the file of one certificate that can be checked off line."""
    said = {"algorithm": ALGORITHM, "key": key_id, "signature": signature}
    return canonical({**said, "certificate": json.loads(text)}).encode() + b"\n"


def signed_pdf(pdf: bytes, signer: Signer, verify_code: str | None) -> bytes:
    """Return a PDF with the line of its signature behind its end."""
    body = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    line = f"%Qicai-Signature 1 {signer.key_id} {verify_code or '-'} ".encode()
    return body + line + signer.sign(_OF_PDF + body + line).encode() + b"\n"


def read_file(content: bytes) -> Signed:
    """Return what a file says of itself; raises NotReadable or Altered."""
    if content.startswith(b"%PDF-"):
        return _read_pdf(content)
    if content.startswith(b"{") and b'"certificate"' in content[:200]:
        return _read_json(content)
    raise NotReadable


def _read_pdf(content: bytes) -> Signed:
    start = max(0, len(content) - _LONGEST_TAIL)
    found = _TAIL.search(content, start)
    if found is None:
        raise Altered
    code = found[3].decode()
    message = _OF_PDF + content[: found.end(1)]
    return Signed(
        found[2].decode(), message, found[4].decode(), None, None if code == "-" else code
    )


def _read_json(content: bytes) -> Signed:
    try:
        said = json.loads(content)
        text = canonical(said["certificate"])
        payload = payload_from(text)
        key_id, signature = str(said["key"]), str(said["signature"])
        again = certificate_file(text, key_id, signature)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Altered from error
    if again != content:
        raise Altered
    return Signed(key_id, _OF_PAYLOAD + text.encode(), signature, payload, payload.verify_code)


__all__ = [
    "MOST_BYTES",
    "Altered",
    "NotReadable",
    "PayloadBroken",
    "Signed",
    "certificate_file",
    "is_payload_signed",
    "payload_signature",
    "read_file",
    "signed_pdf",
]
