"""What changes: keys are made, certificates issued, revoked, replaced; unknown codes counted."""

from app.certificates.operations.issuing import (
    Asked,
    issue_service_record,
    preview_service_record,
)
from app.certificates.operations.keys import make_key, signing_with
from app.certificates.operations.missing import check_misses, count_miss
from app.certificates.operations.revoking import reissue, revoke

__all__ = [
    "Asked",
    "check_misses",
    "count_miss",
    "issue_service_record",
    "make_key",
    "preview_service_record",
    "reissue",
    "revoke",
    "signing_with",
]
