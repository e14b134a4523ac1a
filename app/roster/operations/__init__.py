"""Let people rest, leave and come back."""

from app.roster.operations.pausing import Rest, come_back, leave, rest

__all__ = ["Rest", "come_back", "leave", "rest"]
