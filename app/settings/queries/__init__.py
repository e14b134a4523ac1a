"""Who changed what, and what a points rule would have made of the years before."""

from app.settings.queries.changes import Change, changes, last_changes
from app.settings.queries.effect import ColourEffect, Effect, effect_of

__all__ = ["Change", "ColourEffect", "Effect", "changes", "effect_of", "last_changes"]
