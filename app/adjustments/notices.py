"""What people are told about adjustments and covered shortfalls."""

from __future__ import annotations

from app.errors import N_
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "adjustment.asked",
        N_("A second person is needed"),
        N_("%(asker)s asks somebody to confirm an adjustment. Reason: %(reason)s"),
        "record",
    ),
    Kind(
        "adjustment.confirmed",
        N_("Your adjustment was confirmed"),
        N_("%(second)s confirmed it, and it is posted."),
        "record",
    ),
    Kind(
        "adjustment.refused",
        N_("Your adjustment was refused"),
        N_("%(second)s refused it; nothing was posted. Reason: %(reason)s"),
        "record",
    ),
    Kind(
        "adjustment.points_posted",
        N_("Your points were adjusted"),
        N_("The organisers changed your points by %(points_hundredths)s. Reason: %(reason)s"),
        "record",
    ),
    Kind(
        "adjustment.time_posted",
        N_("Your time account was adjusted"),
        N_(
            "The organisers changed your time account by %(time_minutes)s hours; the hours you"
            " served stay as they are. Reason: %(reason)s"
        ),
        "record",
    ),
    Kind(
        "adjustment.both_posted",
        N_("Your points were adjusted"),
        N_(
            "The organisers changed your points by %(points_hundredths)s and your time account by"
            " %(time_minutes)s hours. Reason: %(reason)s"
        ),
        "record",
    ),
    Kind(
        "shortfall.covered",
        N_("The missing part is covered"),
        N_(
            "Less was left than had to be taken back: %(points_hundredths)s points and"
            " %(time_minutes)s hours were missing. The community covers them. It is no debt: what"
            " you earn from now on is yours. Reason: %(reason)s"
        ),
        "record",
    ),
)
