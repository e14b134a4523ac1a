"""What a certificate says and how it is signed, numbered, filed and refused."""

from app.certificates.rules.figures import BadSpan, Figures, NothingServed, Served, check_span
from app.certificates.rules.figures import figures_of as figures_of
from app.certificates.rules.payload import KINDS, Content, Payload, Share, payload_from
from app.certificates.rules.payload import payload_text as payload_text
from app.certificates.rules.refusals import CATEGORIES, SUBJECT, CertificateUnknown

__all__ = [
    "CATEGORIES",
    "KINDS",
    "SUBJECT",
    "BadSpan",
    "CertificateUnknown",
    "Content",
    "Figures",
    "NothingServed",
    "Payload",
    "Served",
    "Share",
    "check_span",
    "figures_of",
    "payload_from",
    "payload_text",
]
