"""Whether the key that signs certificates can still be opened."""

from __future__ import annotations

from collections.abc import Iterator

from app.audit.findings import Finding, Patient
from app.audit.reading import Reading
from app.certificates.rules.signing import KeyPair, KeySealed, opened
from app.errors import N_

_NEWEST = "SELECT key_id, public_key, sealed_private FROM signing_keys ORDER BY id DESC LIMIT 1"


def signing_key(reading: Reading, patient: Patient) -> Iterator[Finding]:
    """Tell whether certificates can be issued with the SECRET_KEY there is."""
    rows = reading.rows(_NEWEST)
    if not rows:
        yield Finding("signing key", "good", N_("The first certificate makes the key that signs."))
        return
    pair = KeyPair(*rows[0])
    try:
        opened(pair, str(patient.config["SECRET_KEY"]))
    except KeySealed:
        yield Finding(
            "signing key",
            "bad",
            N_("The key %(key)s that signs certificates was sealed under another SECRET_KEY."),
            {"key": pair.key_id},
            N_(
                "Set the SECRET_KEY of before, or make a new key: flask certificate-key --new."
                " Certificates issued so far keep verifying."
            ),
        )
    else:
        said = N_("Certificates are signed with the key %(key)s.")
        yield Finding("signing key", "good", said, {"key": pair.key_id})
