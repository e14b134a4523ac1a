"""How to begin: each role's guide on the screen, and on paper for those who train people."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db
from app.help.guides import ROLES, SHEETS, guide_for, own_role
from app.organisations.queries import settings_of
from app.organisations.rules import Settings
from app.papers.making import pdf_of, qr_svg
from app.papers.rules import MEDIA_TYPE
from app.web.actor import find_actor
from app.web.edge import Site, current_site
from app.web.filters import day
from app.web.languages import html_lang
from app.web.navigation import is_open_to, role_label
from app.web.policy import allow, not_found

blueprint = Blueprint("help", __name__, url_prefix="/help")

ANY_ROLE = f"<any({', '.join(ROLES)}):role>"


@blueprint.get("")
@allow("public.read")
def own() -> ResponseReturnValue:
    """Lead to the guide of whoever asks."""
    actor = find_actor()
    return redirect(url_for(".guide", role=own_role(actor.roles if actor else ())), 303)


@blueprint.get(f"/{ANY_ROLE}")
@allow("public.read")
def guide(role: str) -> str:
    """Show a guide; its steps lead to the pages that are open to the reader."""
    actor, settings = find_actor(), _settings()
    roles = actor.roles if actor else ()
    found = guide_for(role, settings)
    return render_template(
        "help/guide.html",
        guide=found,
        open_paths={step.path for step in found.steps if is_open_to(step.path, roles)},
        others=[
            {
                "url": url_for(".guide", role=each),
                "label": role_label([each]),
                "current": each == role,
            }
            for each in ROLES
        ],
        paper_url=url_for(".paper", role=role) if role in SHEETS else None,
    )


@blueprint.get(f"/{ANY_ROLE}/paper")
@allow("public.read")
def paper(role: str) -> str:
    """Show a guide as the sheets that are handed out."""
    return _paper(role, for_pdf=False)


@blueprint.get(f"/{ANY_ROLE}/paper.pdf")
@allow("profile.read")
def paper_pdf(role: str) -> ResponseReturnValue:
    """Return the sheets as PDF."""
    made = pdf_of(_paper(role, for_pdf=True))
    name = f"{role}-guide.pdf"
    return made, {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": f'attachment; filename="{name}"',
    }


def _paper(role: str, *, for_pdf: bool) -> str:
    if role not in SHEETS:
        not_found()
    settings, site = _settings(), current_site()
    address = url_for("home.front", _external=True)
    return render_template(
        "help/paper.html",
        guide=guide_for(role, settings),
        sheets=SHEETS[role],
        site_name=site.name if site else _("Qicai Time Bank"),
        settings=settings,
        address=address,
        qr=qr_svg(address),
        printed_on=day(today_in(settings.time_zone, now()), with_year=True),
        for_pdf=for_pdf,
        html_lang=html_lang(),
        pdf_url=None if for_pdf or find_actor() is None else url_for(".paper_pdf", role=role),
        back_url=url_for(".guide", role=role),
        back_label=_("Back to the guide"),
    )


def _settings() -> Settings:
    """Return the figures of the site; a new instance has the defaults."""
    site: Site | None = current_site()
    return settings_of(db.session(), site.id) if site else Settings()
