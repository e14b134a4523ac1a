"""All pages of a year's closing, on one blueprint."""

from app.ranking import (
    deciding_views,
    person_views,
    preview_views,
    scheme_views,
    snapshot_views,
    what_if_views,
)
from app.ranking.award_views import blueprint

__all__ = [
    "blueprint",
    "deciding_views",
    "person_views",
    "preview_views",
    "scheme_views",
    "snapshot_views",
    "what_if_views",
]
