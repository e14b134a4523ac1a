"""The guides of those at the desk: organisers, auditors, administrators."""

from __future__ import annotations

from flask_babel import gettext as _

from app.help.steps import Guide, Step
from app.organisations.rules import Settings


def organising(settings: Settings) -> Guide:
    """Return the organiser's guide."""
    return Guide(
        "organiser",
        _("For organisers"),
        _("From the first roster to the year's honours."),
        [
            Step(
                _("Bring in who belongs"),
                [
                    _(
                        "A roster comes in as a sheet: first the preview, then the import."
                        " Repeating it does no harm, and a whole import can be undone."
                    ),
                ],
                "/import",
                "upload",
            ),
            Step(
                _("Teams and leaders"),
                [
                    _(
                        "A new community begins with its seven teams. On a team's page a"
                        " member becomes its leader, and slips with activation codes are"
                        " printed."
                    ),
                ],
                "/admin/teams",
                "sitemap",
            ),
            Step(
                _("Rules and settings"),
                [
                    _(
                        "Look once at the points rule, the daily limit and the service day."
                        " A rule that was used is never changed: a new one begins on a"
                        " date."
                    ),
                ],
                "/admin/settings",
                "settings",
            ),
            Step(
                _("Paper books"),
                [
                    _(
                        "Earlier hours and points come in as opening balances: they count"
                        " for stars, never for a year's ranking."
                    ),
                ],
                "/import",
                "document",
            ),
            Step(
                _("Every week"),
                [
                    _(
                        "The overview says what waits: hours to review, disputes, requests,"
                        " stock that runs low. Disputes are answered within %(days)s"
                        " working days.",
                        days=settings.dispute_working_days,
                    ),
                ],
                "/desk",
                "check",
            ),
            Step(
                _("The shelf"),
                [
                    _(
                        "Put items on the shelf with price and stock. Stock only changes by"
                        " moves that add up: taken in, handed over, counted."
                    ),
                ],
                "/shelf",
                "gift",
            ),
            Step(
                _("The year closes"),
                [
                    _(
                        "Preview, public notice, final list, certificates. The notice and"
                        " the final list each ask for a second person; the notice hangs for"
                        " %(days)s working days.",
                        days=settings.notice_working_days,
                    ),
                ],
                "/awards",
                "flag",
            ),
            Step(
                _("Look for yourself"),
                [
                    _(
                        "The records check lists what is worth a look, the reports count by"
                        " team, person and time."
                    ),
                ],
                "/integrity",
                "search",
            ),
        ],
        [
            _("Nobody grants, approves or adjusts for themselves."),
            _("A correction never overwrites: both lines stay, with the reason."),
            _("A full phone is shown only with a reason, and the person reads it."),
        ],
    )


def auditing(_settings: Settings) -> Guide:
    """Return the auditor's guide."""
    return Guide(
        "auditor",
        _("For auditors"),
        _("Read everything of your organisations, change nothing."),
        [
            Step(
                _("Records worth a look"),
                [
                    _(
                        "The records check lists patterns: many equal durations, nights,"
                        " late entries."
                    )
                ],
                "/integrity",
                "search",
            ),
            Step(
                _("Adjustments and freezes"),
                [_("You may be the second person who confirms or refuses. Never for yourself.")],
                "/adjustments",
                "pencil",
            ),
            Step(
                _("A year's ranking"),
                [
                    _(
                        "Every frozen list can be reckoned again from the ledger: on its"
                        " page, or with one command by whoever runs the server."
                    )
                ],
                "/awards",
                "flag",
            ),
            Step(
                _("Certificates"),
                [_("Each has a number without gaps and a public page that says whether it holds.")],
                "/certificates",
                "document",
            ),
        ],
        [_("Phones stay masked for auditors.")],
    )


def keeping(_settings: Settings) -> Guide:
    """Return the administrator's guide."""
    return Guide(
        "admin",
        _("For administrators"),
        _("Keep the platform running; its hours and points are not yours to make."),
        [
            Step(
                _("The tree of organisations"),
                [
                    _(
                        "Add, rename, move, merge and split. What was served stays where it"
                        " was earned."
                    )
                ],
                "/admin/organisations",
                "sitemap",
            ),
            Step(
                _("Roles"),
                [
                    _(
                        "Organisers, auditors and administrators are granted on a person's"
                        " page, with a date. Nobody grants a role to themselves."
                    )
                ],
                "/admin/people",
                "users",
            ),
            Step(
                _("Backups and checks"),
                [
                    _(
                        "Whoever runs the server backs up, restores and audits with the"
                        " commands of the manual for operations."
                    )
                ],
                "/admin/audit",
                "document",
            ),
        ],
        [_("Phones stay masked for administrators, who cannot enter or approve hours.")],
    )
