"""What is read of activities."""

from app.activities.queries.clashes import Clash, clashes_of

__all__ = ["Clash", "clashes_of"]
