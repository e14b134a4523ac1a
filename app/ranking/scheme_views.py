"""The scheme of a year: edit it in rows, without a script too; every saved version stays."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.organisations.queries import settings_of
from app.organisations.rules import Settings
from app.people.queries import volunteers_by_ids
from app.ranking import operations
from app.ranking.award_access import Closing, closing_of
from app.ranking.award_views import blueprint
from app.ranking.moving import moved_scheme
from app.ranking.queries.schemes import KeptScheme, latest_scheme, scheme_until, versions_of
from app.ranking.queries.snapshots import latest_snapshot
from app.ranking.rules.schemes import DEFAULT_TITLES, MOST_TITLES, Scheme, Title
from app.ranking.scheme_forms import MOST_EXCLUSIONS, SchemeForm
from app.ranking.scheme_words import scheme_facts, title_texts
from app.web.actor import current_actor
from app.web.filters import instant
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

_FIELDS = {"bad_weights": "order", "bad_minimum": "minimum_minutes"}
_FIELDS |= {"bad_titles_per_person": "titles_per_person"}


@blueprint.route("/<code>/<int:year>/scheme", methods=["GET", "POST"])
@allow("scheme.read")
def scheme(code: str, year: int) -> ResponseReturnValue:
    """Show the scheme of a year; save what was changed as its next version."""
    session, actor = db.session(), current_actor()
    closing = closing_of(session, actor, code, year)
    if request.method == "GET":
        return _page(closing, _filled(session, closing), 200)
    if not closing.may_ask:
        not_found()
    form = SchemeForm()
    if _moved_rows(form, request.form.get("do", "save")):
        return _page(closing, form, 200)
    if form.validate_on_submit() and _saved(closing, form):
        flash(_("Saved as a new version. What was frozen keeps its own."), "success")
        return redirect(url_for(".preview", **closing.address), 303)
    return _page(closing, form, 422)


def default_scheme(settings: Settings) -> Scheme:
    """Return what the first scheme of all begins with; a later year begins with the last one's."""
    minimum = settings.ranking_minimum_hours * 60
    titles = tuple(Title(kind, places, _(title)) for kind, places, title in DEFAULT_TITLES)
    return Scheme(None, minimum, None, 1, titles, {})


def _filled(session: Session, closing: Closing) -> SchemeForm:
    """Return the form with what is saved; what a try moved is typed in already."""
    organisation_id = closing.organisation_id
    kept = scheme_until(session, organisation_id, closing.year)
    found = kept.scheme if kept else default_scheme(settings_of(session, organisation_id))
    if request.args:
        found = moved_scheme(found, request.args).scheme or found
    people = volunteers_by_ids(session, found.exclusions) if found.exclusions else []
    form = SchemeForm(formdata=None)
    form.fill(found, {person.id: person.number or "" for person in people})
    return form


def _saved(closing: Closing, form: SchemeForm) -> bool:
    session = db.session()
    typed, unknown = form.scheme(session)
    unknown += _from_elsewhere(session, closing, typed)
    if unknown:
        said = _("There is nobody here with the number %(number)s.", number=unknown[0])
        form.form_errors.append(said)
        form.renew_key()
        return False

    def saving(held: Session) -> int:
        return operations.save_scheme(
            held,
            closing.organisation_id,
            closing.year,
            typed,
            actor=current_actor(),
            now=now(),
            key=form.sent_key,
        )

    return bool(carried_out(form, saving, _FIELDS))


def _from_elsewhere(session: Session, closing: Closing, typed: Scheme) -> list[str]:
    """Return the numbers of people who are not of this organisation."""
    if not typed.exclusions:
        return []
    people = volunteers_by_ids(session, typed.exclusions)
    return [person.number or "" for person in people if person.organisation_id not in closing.below]


def _moved_rows(form: SchemeForm, do: str) -> bool:
    """Add or take out a row as a button asks; nothing is saved by it."""
    rows: Any = form.titles
    most = MOST_TITLES
    if do.endswith("-person") or "-person-" in do:
        rows, most = form.exclusions, MOST_EXCLUSIONS
    if do in {"add-title", "add-person"}:
        if len(rows.entries) < most:
            rows.append_entry()
        return True
    if not do.startswith(("drop-title-", "drop-person-")):
        return False
    name = do.removeprefix("drop-").replace("title-", "titles-").replace("person-", "exclusions-")
    rows.entries = [row for row in rows.entries if row.name != name]
    return True


def _page(closing: Closing, form: SchemeForm, status: int) -> ResponseReturnValue:
    session = db.session()
    organisation_id, year = closing.organisation_id, closing.year
    standing = latest_snapshot(session, organisation_id, year)
    is_final = standing is not None and standing.final_at is not None
    kept = latest_scheme(session, organisation_id, year)
    page = render_template(
        "awards/scheme.html",
        closing=closing,
        form=form,
        may_save=closing.may_ask and not is_final,
        is_final=is_final,
        kept=_told(kept),
        versions=[
            {
                "url": url_for(".preview", version=one.version, **closing.address),
                "title": _("Scheme, version %(version)s", version=one.version),
                "about": _("%(name)s, %(at)s", name=one.made_by, at=instant(one.made_at)),
            }
            for one in versions_of(session, organisation_id, year)
        ],
    )
    return page, status


def _told(kept: KeptScheme | None) -> dict[str, Any] | None:
    """Return a saved scheme in words, for whoever only reads it."""
    if kept is None:
        return None
    return {"facts": scheme_facts(kept.scheme), "titles": title_texts(kept.scheme)}
