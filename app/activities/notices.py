"""What people are told about activities, and what is done about them once a day."""

from __future__ import annotations

from app.activities.operations.ahead import make_all_ahead
from app.activities.operations.reminding import remind_unclosed, tell_late
from app.errors import N_
from app.notices.handling import Daily
from app.notices.rules import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "activity.confirmed",
        N_("Your place is confirmed: %(title)s"),
        N_("%(service_on)s, %(starts_minute)s, %(place)s."),
        group="sign_up",
    ),
    Kind(
        "activity.in_line",
        N_("You are in the line for a place: %(title)s"),
        N_("%(service_on)s, %(starts_minute)s. You move up by itself and are told."),
        group="sign_up",
    ),
    Kind(
        "activity.signed_up",
        N_("You are signed up: %(title)s"),
        N_("%(service_on)s, %(starts_minute)s, %(place)s. %(by)s signed you up."),
        group="sign_up",
    ),
    Kind(
        "activity.waiting",
        N_("You are waiting for a place: %(title)s"),
        N_("%(service_on)s, %(starts_minute)s. %(by)s put you on the list; you move up by itself."),
        group="sign_up",
    ),
    Kind(
        "activity.promoted",
        N_("A place came free for you: %(title)s"),
        N_("%(service_on)s, %(starts_minute)s, %(place)s. If you cannot come, please withdraw."),
        group="sign_up",
        is_urgent=True,
    ),
    Kind(
        "activity.removed",
        N_("You are no longer on the list: %(title)s"),
        N_("%(service_on)s. The leader took you off the list. %(reason)s"),
        group="sign_up",
    ),
    Kind(
        "activity.changed",
        N_("Changed: %(title)s"),
        N_("It is now on %(service_on)s at %(starts_minute)s, %(place)s."),
        group="activity",
        is_urgent=True,
    ),
    Kind(
        "activity.cancelled",
        N_("Cancelled: %(title)s"),
        N_("The activity on %(service_on)s does not take place. %(reason)s"),
        group="activity",
        is_urgent=True,
    ),
    Kind(
        "activity.not_closed",
        N_("Please close: %(title)s"),
        N_(
            "The activity of %(service_on)s is not closed yet; its hours count once you confirm"
            " who was there. Working days left: %(days_left)s."
        ),
        group="activity",
    ),
    Kind(
        "activity.late",
        N_("Not closed in time: %(title)s"),
        N_(
            "%(team)s has not closed the activity of %(service_on)s; the time for it ran out on"
            " %(last_on)s. Please see to it: its hours now wait for an organiser."
        ),
        group="activity",
    ),
)

DAILY: tuple[Daily, ...] = (
    Daily("activities.make_ahead", make_all_ahead),
    Daily("activities.remind_unclosed", remind_unclosed),
    Daily("activities.tell_late", tell_late),
)
