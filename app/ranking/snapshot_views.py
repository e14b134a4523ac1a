"""One frozen list: who, by which scheme and mark; what differs; its bytes; verified at a tap."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.db import db, snapshot
from app.people.step_up import asks_again_to_read
from app.ranking.award_access import Closing, closing_of, snapshot_here
from app.ranking.award_views import blueprint
from app.ranking.place_showing import shown_places
from app.ranking.queries.around import around
from app.ranking.queries.behind import people_of
from app.ranking.queries.comparing import (
    Place,
    count_moved,
    frozen_page,
    left_out,
    moved_page,
)
from app.ranking.queries.lists import TeamTotal, frozen_rankings, frozen_team_codes
from app.ranking.queries.schemes import scheme_by_id
from app.ranking.queries.snapshots import Snapshot, awards_in
from app.ranking.queries.verifying import Verification, kept_csv, verified
from app.ranking.rules.awarding import Award, given_besides
from app.ranking.rules.schemes import score_hundredths
from app.ranking.showing import tied_ranks
from app.ranking.title_showing import title_groups, title_tags, whom_of
from app.sheets.cells import Cell
from app.sheets.writing import XLSX, write_xlsx
from app.teams.queries import ColourRow
from app.web.actor import current_actor
from app.web.filters import day, hours, instant, number
from app.web.forms import Form
from app.web.pagination import page_of, url_with
from app.web.policy import allow

PAGE_SIZE = 50
MOST_LEFT_OUT = 50


class VerifyForm(Form):
    """Recompute it now."""


@blueprint.get("/<code>/<int:year>/snapshots/<int:snapshot_id>")
@allow("scheme.read")
def frozen(code: str, year: int, snapshot_id: int) -> str:
    """Show a frozen list, or what differs from the one it corrects."""
    with snapshot() as session:
        closing = closing_of(session, current_actor(), code, year)
        return _page(session, closing, snapshot_here(session, closing, snapshot_id), None)


@blueprint.post("/<code>/<int:year>/snapshots/<int:snapshot_id>/verify")
@allow("scheme.read")
def verify(code: str, year: int, snapshot_id: int) -> ResponseReturnValue:
    """Make the list anew from the ledger up to its mark and compare it byte for byte."""
    form = VerifyForm()
    with snapshot() as session:
        closing = closing_of(session, current_actor(), code, year)
        kept = snapshot_here(session, closing, snapshot_id)
        if not form.validate():
            return _page(session, closing, kept, None), 422
        return _page(session, closing, kept, verified(session, kept))


def _page(session: Session, closing: Closing, kept: Snapshot, checked: Verification | None) -> str:
    before_id = kept.corrects_id or 0
    is_diff = before_id != 0 and request.args.get("show") != "all"
    total = count_moved(session, kept.id, before_id) if is_diff else kept.people
    page = page_of(total, size=PAGE_SIZE)
    read = moved_page if is_diff else frozen_page
    places = read(session, kept.id, before_id=before_id, limit=page.size, offset=page.offset)
    gone = left_out(session, kept.id, before_id)[:MOST_LEFT_OUT] if is_diff else []
    awards = awards_in(session, kept.id)
    old_awards = awards_in(session, before_id) if is_diff else []
    people = people_of(
        session, _shown((*places, *gone), (*awards, *old_awards)), kept.year, kept.organisation_ids
    )
    teams = _teams(session, kept, (*awards, *old_awards))
    by = scheme_by_id(session, kept.scheme_id)
    tags = {} if is_diff else title_tags(by.scheme, places, awards)
    colours = around(session, closing.organisation_id).by_colour
    named = _Named(people_names(people), teams, colours)
    return render_template(
        "awards/snapshot.html",
        closing=closing,
        kept=kept,
        is_diff=is_diff,
        facts=_facts(closing, kept, by.version),
        about=_("%(people)s people, %(hours)s hours", people=number(kept.people),
                hours=hours(kept.minutes)),
        rows=shown_places(places, people),
        tags=tags,
        gone=shown_places(gone, people),
        came=named.said(given_besides(awards, old_awards)) if is_diff else [],
        went=named.said(given_besides(old_awards, awards)),
        titles=title_groups(awards, people, teams, colours),
        weighted=by.scheme.weights is not None,
        ways=_ways(is_diff) if before_id else [],
        page=page,
        checked=_checked(checked),
        form=VerifyForm(formdata=None),
    )  # fmt: skip


class _Named:
    """Who and what awards name."""

    def __init__(
        self,
        people: dict[int, str],
        teams: dict[int, TeamTotal],
        colours: dict[int, ColourRow],
    ) -> None:
        self.people, self.teams, self.colours = people, teams, colours

    def said(self, awards: list[Award]) -> list[tuple[str, str]]:
        """Return names with the titles they came to, or lost."""
        return [
            (
                self.teams[one.team_id].name
                if one.team_id is not None
                else self.people.get(one.volunteer_id or 0, ""),
                _("%(title)s, %(whom)s", title=one.title, whom=whom_of(one, self.colours)),
            )
            for one in awards
        ]


def people_names(people: dict[int, Any]) -> dict[int, str]:
    """Return names by id."""
    return {one: person.name for one, person in people.items()}


def _teams(session: Session, kept: Snapshot, awards: tuple[Award, ...]) -> dict[int, TeamTotal]:
    """Return the teams that are awarded, as they were called."""
    wanted = {one.team_id for one in awards if one.team_id is not None}
    found = frozen_team_codes(session, kept.id) if wanted else {}
    if kept.corrects_id and not wanted <= found.keys():
        found = {**frozen_team_codes(session, kept.corrects_id), **found}
    return found


def _shown(places: tuple[Place, ...], awards: tuple[Award, ...]) -> set[int]:
    found = {one.volunteer_id for one in places}
    return found | {one.volunteer_id for one in awards if one.volunteer_id is not None}


def _facts(closing: Closing, kept: Snapshot, version: int) -> list[tuple[str, str]]:
    found = [
        (_("Frozen"), instant(kept.frozen_at)),
        (_("Asked by"), kept.asker),
        (_("Confirmed by"), kept.second or _("nobody: done by one person")),
        (_("Public notice"), _("%(from_on)s to %(until)s", from_on=day(kept.notice_from_on),
                               until=day(kept.until_on, with_year=True))),
        (_("Scheme"), _("version %(version)s", version=version)),
        (_("Ledger mark"), _("entry %(mark)s", mark=kept.mark)),
        (_("SHA-256"), kept.sha256),
        (_("In a terminal"), _command(closing, kept)),
    ]  # fmt: skip
    if kept.corrects_id is not None:
        # Each corrects the one before it.
        found.insert(0, (_("Corrects"), _("List %(number)s", number=kept.number - 1)))
        found.insert(1, (_("Reason"), kept.reason))
    if kept.final_at is not None:
        found.insert(0, (_("Final since"), instant(kept.final_at)))
    return [(str(label), str(value)) for label, value in found]


def _command(closing: Closing, kept: Snapshot) -> str:
    """Return what makes the list anew outside the pages, with the id that it asks for."""
    return f"flask rank {kept.year} --org {closing.code} --snapshot {kept.id} --verify"


def _ways(is_diff: bool) -> list[dict[str, Any]]:
    return [
        {"url": url_with({"show": None, "page": None}), "label": _("What changed"),
         "current": is_diff},
        {"url": url_with({"show": "all", "page": None}), "label": _("The whole list"),
         "current": not is_diff},
    ]  # fmt: skip


def _checked(found: Verification | None) -> dict[str, Any] | None:
    """Say in words what a comparison gave."""
    if found is None:
        return None
    lists = {
        "people": _("list of people"),
        "colours": _("lists of the colours"),
        "teams": _("list of the teams"),
        "awards": _("list of the titles"),
    }
    sources = {"rows": _("the kept rows"), "ledger": _("the ledger up to the mark")}
    wrong = [name.split(".", 1) for name in found.differs]
    return {
        "holds": found.holds,
        "bytes": number(len(found.kept)),
        "differs": [
            _("%(list)s: not what %(source)s give", list=lists[name], source=sources[source])
            for source, name in wrong
        ],
    }


# ── downloads ─────────────────────────────────────────────────────────────────────────────


@blueprint.get("/<code>/<int:year>/snapshots/<int:snapshot_id>.csv")
@allow("scheme.read")
@asks_again_to_read
def frozen_csv(code: str, year: int, snapshot_id: int) -> Response:
    """Return the canonical CSV, the bytes that were hashed."""
    closing, kept = _kept(code, year, snapshot_id)
    answer = _download(kept_csv(db.session(), kept), closing, kept, "csv")
    answer.headers["X-Ranking-SHA256"] = kept.sha256
    return answer


@blueprint.get("/<code>/<int:year>/snapshots/<int:snapshot_id>.xlsx")
@allow("scheme.read")
@asks_again_to_read
def frozen_xlsx(code: str, year: int, snapshot_id: int) -> Response:
    """Return the frozen list as a workbook, with the names of now and the titles."""
    closing, kept = _kept(code, year, snapshot_id)
    session = db.session()
    everyone = frozen_rankings(session, kept.id, kept.year).everyone
    titles: dict[int, list[str]] = {}
    for one in awards_in(session, kept.id):
        titles.setdefault(one.volunteer_id or 0, []).append(one.title)
    ids = [one.volunteer_id for one in everyone]
    names = people_names(people_of(session, ids, kept.year, kept.organisation_ids))
    header = [
        _("Rank"), _("Tied"), _("Volunteer number"), _("Name"), _("Minutes"), _("Dates"),
        _("Service days"), _("Points"), _("Score"), _("Titles"),
    ]  # fmt: skip
    tied = tied_ranks((one.rank, one) for one in everyone)
    rows: list[list[Cell | None]] = [
        [one.rank, _("Tied") if one.rank in tied else None, one.number,
         names.get(one.volunteer_id, ""), one.minutes, one.dates,
         one.service_days, Decimal(one.points_hundredths).scaleb(-2),
         None if one.score is None else Decimal(score_hundredths(one.score)).scaleb(-2),
         _(", ").join(titles.get(one.volunteer_id, []))]
        for one in everyone
    ]  # fmt: skip
    return _download(write_xlsx(header, rows, name=str(kept.year)), closing, kept, "xlsx")


def _kept(code: str, year: int, snapshot_id: int) -> tuple[Closing, Snapshot]:
    session = db.session()
    closing = closing_of(session, current_actor(), code, year)
    return closing, snapshot_here(session, closing, snapshot_id)


def _download(body: bytes, closing: Closing, kept: Snapshot, ending: str) -> Response:
    kind = XLSX if ending == "xlsx" else "text/csv; charset=utf-8"
    answer = Response(body, content_type=kind)
    name = f"ranking-{kept.year}-{closing.code}-{kept.number}.{ending}"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
