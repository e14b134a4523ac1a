"""Certificates: issued by an organisation, signed, verified by anybody, revoked with a reason."""
