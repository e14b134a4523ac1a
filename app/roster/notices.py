"""What people are told when they rest, leave or come back."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

RESTS, RESTS_UNTIL, LEFT, BACK = "person.rests", "person.rests_until", "person.left", "person.back"
PLACES = "person.places_given_back"
KINDS: tuple[Kind, ...] = (
    Kind(
        RESTS,
        N_("Your volunteering rests"),
        N_(
            "From %(from_on)s on you are on no list of a service day, until you are back."
            " Hours, points and rank stay. Reason: %(reason)s"
        ),
    ),
    Kind(
        RESTS_UNTIL,
        N_("Your volunteering rests"),
        N_(
            "From %(from_on)s until %(until_on)s you are on no list of a service day."
            " Hours, points and rank stay. Reason: %(reason)s"
        ),
    ),
    Kind(
        LEFT,
        N_("You are written down as having left"),
        N_(
            "From %(from_on)s on; your teams ended the day before. Hours, points and"
            " certificates stay yours. Reason: %(reason)s"
        ),
    ),
    Kind(BACK, N_("You are back"), N_("From %(from_on)s on you are on the lists again.")),
    Kind(
        PLACES,
        N_("Places of yours were given back"),
        N_("You are no longer signed up for: %(titles)s."),
        group="sign_up",
    ),
)
