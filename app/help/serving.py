"""The guides of those who serve: volunteers and the leaders of their teams."""

from __future__ import annotations

from flask_babel import gettext as _

from app.help.steps import Guide, Step
from app.organisations.rules import Settings
from app.web.filters import hours


def volunteering(settings: Settings) -> Guide:
    """Return the volunteer's guide."""
    return Guide(
        "volunteer",
        _("For volunteers"),
        _("See your hours, join a service day, spend your points."),
        [
            Step(
                _("Sign in"),
                [
                    _(
                        "Your team leader gives you a slip with an activation code. Type it"
                        " once and choose six digits you will remember."
                    ),
                    _("With a volunteer card: scan its QR code, then type your six digits."),
                ],
                "/sign-in",
                "user",
            ),
            Step(
                _("See your hours and points"),
                [
                    _(
                        "The front page shows both. In the ledger every line opens and says"
                        " how it came about: the hours, the rule, who entered it and who"
                        " approved it."
                    ),
                ],
                "/me/ledger",
                "list",
            ),
            Step(
                _("Join a service day"),
                [
                    _(
                        "Choose an activity and sign up. On the day scan the code on the"
                        " leader's screen, or type its six characters, or show your card."
                    ),
                    _(
                        "The service day is day %(day)s of each month, the service month is"
                        " month %(month)s.",
                        day=settings.service_day,
                        month=settings.service_month,
                    ),
                ],
                "/activities",
                "calendar",
            ),
            Step(
                _("Served without being entered?"),
                [_("Claim the hours yourself, with a photo if you have one. Your leader answers.")],
                "/me/claims",
                "pencil",
            ),
            Step(
                _("Something is not right?"),
                [
                    _(
                        "Open the line and press “Hours or points are not right”. The"
                        " answer comes within %(days)s working days, and nothing is wiped"
                        " away.",
                        days=settings.dispute_working_days,
                    ),
                ],
                "/me/ledger",
                "question",
            ),
            Step(
                _("Spend your points"),
                [
                    _(
                        "Choose something on the shelf and redeem it. You get a pick-up"
                        " code that is good for %(days)s days; a relative may collect it"
                        " with the code.",
                        days=settings.pick_up_days,
                    ),
                    _("Spending never lowers the hours you served."),
                ],
                "/rewards",
                "gift",
            ),
            Step(
                _("Somebody helps you, or you help somebody"),
                [
                    _(
                        "Name who may act for you, with their number; your leader or an"
                        " organiser confirms. All they do is marked; end it at any time."
                    ),
                ],
                "/me/acting",
                "users",
            ),
            Step(
                _("Your name and your data"),
                [
                    _(
                        "In public your name is masked unless you agree to be named. You"
                        " read there who looked at your data, and may take your consent"
                        " back."
                    ),
                ],
                "/me/consent",
                "key",
            ),
        ],
        [
            _("Nobody approves hours for themselves."),
            _("Points cannot be bought, and are never paid out in money."),
            _("Large text: the button on top of every page."),
        ],
    )


def leading(settings: Settings) -> Guide:
    """Return the team leader's guide."""
    return Guide(
        "leader",
        _("For team leaders"),
        _("Log a service day in under a minute, and keep the team's books in order."),
        [
            Step(
                _("Before the day"),
                [
                    _(
                        "Write the activity down, or take the one that is proposed for day"
                        " %(day)s, and publish it. Members sign up by themselves; you may"
                        " sign them up, too.",
                        day=settings.service_day,
                    ),
                    _("Copy the text for the WeChat group from the activity's page."),
                ],
                "/activities/desk",
                "calendar",
            ),
            Step(
                _("On the day"),
                [
                    _(
                        "Show the check-in code on your phone: it changes by itself."
                        " Whoever has no phone shows their card, or you tick them."
                    ),
                    _("No network? Print the sign-in sheet before, and bring it in afterwards."),
                ],
                "/activities/desk",
                "qr",
            ),
            Step(
                _("Afterwards"),
                [
                    _(
                        "Close the activity: whoever checked in is there with their times."
                        " Correct what differs and record."
                    ),
                    _("Without an activity: Log hours, choose the day, tick who came, record."),
                ],
                "/log",
                "pencil",
            ),
            Step(
                _("Guests and new friends"),
                [
                    _(
                        "Whoever belongs to another team counts as a guest. Somebody new is"
                        " written down with a name and the last digits of the phone; an"
                        " organiser confirms them, and the hours with them."
                    ),
                ],
                "/log",
                "user-add",
            ),
            Step(
                _("What waits for you"),
                [
                    _(
                        "Claims of members, requests to join, disputes. Approve, or send"
                        " back with a reason that the person reads."
                    ),
                ],
                "/waiting",
                "check",
            ),
            Step(
                _("A mistake?"),
                [
                    _(
                        "An entry of your own can be taken back as a whole for %(days)s"
                        " working days. Single records are corrected: the old line stays"
                        " and says what took its place.",
                        days=settings.undo_working_days,
                    ),
                ],
                "/log",
                "undo",
            ),
            Step(
                _("Members, codes and cards"),
                [
                    _(
                        "Take people in and let them go. Print slips with activation codes"
                        " for those without an account, and cards for those without a"
                        " phone."
                    ),
                ],
                "/teams",
                "users",
            ),
            Step(
                _("At the pick-up desk"),
                [
                    _(
                        "Type or scan the pick-up code and hand over. For a person who"
                        " stands before you you may redeem with their six digits."
                    )
                ],
                "/pick-up",
                "box",
            ),
        ],
        _leaders_figures(settings),
    )


def _leaders_figures(settings: Settings) -> list[str]:
    found = [
        _(
            "Within %(days)s working days after the service an entry counts at"
            " once; later ones wait for an organiser.",
            days=settings.timely_working_days,
        ),
        _(
            "A person's day holds %(hours)s hours; up to %(most)s hours wait"
            " for an organiser, more is refused.",
            hours=hours(settings.daily_limit_minutes),
            most=hours(settings.hard_limit_minutes),
        ),
        _("Your own hours are approved by a co-leader or an organiser, never by you."),
        _("The date of the service decides about the year, never the day of typing."),
    ]
    if settings.two_people:
        found.append(_("Every entry here needs a second person."))
    if settings.only_signed_in_earns:
        found.append(_("Only signed-in service earns points here: let people check in."))
    return found
