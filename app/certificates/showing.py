"""A certificate in the reader's words: on its paper, in lists, on its public page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from app.certificates.marks import mark
from app.certificates.queries.certificates import CertificateRow
from app.certificates.rules import Content, Payload
from app.certificates.rules.numbers import shown_verify_code
from app.certificates.rules.refusals import CATEGORY_NAMES
from app.errors import N_
from app.papers.making import qr_svg
from app.web.filters import day, hours, month_year, number

FORMS = ("p", "l")
KIND_NAMES: Mapping[str, str] = {
    "service": N_("Service record certificate"),
    "award": N_("Award certificate"),
}
STATE_NAMES: Mapping[str, tuple[str, str, str]] = {
    "valid": (N_("Valid"), "ok", "check"),
    "revoked": (N_("Revoked"), "error", "cross"),
    "replaced": (N_("Replaced"), "warn", "undo"),
}
_DIGITS = "零一二三四五六七八九"
_TENS = "十"
# Signs stand on the front for so many colours; the list behind it names them all.
MOST_SHARES = 4


class ShareShown(NamedTuple):
    mark: Markup
    name: str
    hours: str


class LineShown(NamedTuple):
    """One line of the contents."""

    when: str
    team: str
    what: str
    hours: str


class Sheet(NamedTuple):
    """What stands on the paper of a certificate."""

    says: Payload
    hours: str
    before_hours: str
    dates: str
    service_days: str
    from_on: str
    until_on: str
    issued_on: str
    place: str
    recorded_by: str
    shares: list[ShareShown]
    lines: list[LineShown]
    # The QR as an image's address; none on a preview.
    symbol: str
    code: str
    where: str


def sheet_of(says: Payload, site: str) -> Sheet:
    """Return the words of a paper; `site` is what stands before its code in an address."""
    address = site + says.verify_code if says.verify_code else ""
    return Sheet(
        says=says,
        hours=hours(says.minutes),
        before_hours=hours(says.before_minutes) if says.before_minutes else "",
        dates=number(says.dates),
        service_days=number(says.service_days) if says.service_days else "",
        from_on=day(says.from_on, with_year=True) if says.from_on else "",
        until_on=day(says.until_on or says.issued_on, with_year=True),
        issued_on=day(says.issued_on, with_year=True),
        place=place_text(says.rank, says.is_tied),
        recorded_by=_(", ").join(says.recorded_by),
        shares=[
            ShareShown(mark(each.colour, each.glyph), each.name, hours(each.minutes))
            for each in says.shares[:MOST_SHARES]
        ],
        lines=[_line(each, says.contents_by) for each in says.contents],
        symbol=qr_svg(address) if address else "",
        code=shown_verify_code(says.verify_code),
        where=site.partition("://")[2].rstrip("/"),
    )


def _line(each: Content, by: str) -> LineShown:
    if by == "record":
        when, what = day(each.from_on, with_year=True), each.content
    elif by == "month":
        when = month_year(each.from_on)
        what = _("%(count)s times", count=number(each.records))
    else:
        when = _(
            "%(from_on)s to %(until_on)s",
            from_on=month_year(each.from_on),
            until_on=month_year(each.until_on),
        )
        what = _("%(count)s times", count=number(each.records))
    return LineShown(when, each.team, what, hours(each.minutes))


def place_text(rank: int | None, is_tied: bool) -> str:
    """Return a place as a certificate names it: 第三名, or shared, 并列第三名."""
    if rank is None:
        return ""
    word = chinese_numeral(rank) if str(get_locale()).startswith("zh") else str(rank)
    if is_tied:
        return str(_("shared place %(rank)s", rank=word))
    return str(_("place %(rank)s", rank=word))


def chinese_numeral(value: int) -> str:
    """Return a place in Chinese characters up to ninety-nine, as digits above."""
    if not 0 < value < 100:
        return str(value)
    tens, ones = divmod(value, 10)
    head = ("" if tens == 1 else _DIGITS[tens]) + _TENS if tens else ""
    return head + (_DIGITS[ones] if ones else "")


def kind_name(kind: str) -> str:
    """Return the name of a kind of certificate."""
    return str(_(KIND_NAMES[kind]))


def state_tag(row: CertificateRow) -> tuple[str, str, str]:
    """Return word, tone and icon of how a certificate stands."""
    word, tone, icon = STATE_NAMES[row.state]
    return str(_(word)), tone, icon


def category_name(category: str | None) -> str:
    """Return why one was taken back, in public words."""
    return str(_(CATEGORY_NAMES[category])) if category else ""


def span_text(from_on: date | None, until_on: date | None) -> str:
    """Return the span a certificate tells of."""
    if from_on is None or until_on is None:
        return str(_("Everything served"))
    return str(
        _(
            "%(from_on)s to %(until_on)s",
            from_on=day(from_on, with_year=True),
            until_on=day(until_on, with_year=True),
        )
    )


def served_text(says: Payload) -> str:
    """Return hours and days; of a team, and of paper books alone, there are no days."""
    if not says.dates:
        return str(_("%(hours)s hours", hours=hours(says.minutes)))
    figures = {"hours": hours(says.minutes), "dates": number(says.dates)}
    return str(_("%(hours)s hours on %(dates)s days", **figures))


def title_of(says: Payload) -> str:
    """Return what a certificate is called in a list: an award by its title and place."""
    if says.kind == "service":
        return kind_name("service")
    place = place_text(says.rank, says.is_tied)
    return str(_("%(title)s, %(place)s", title=says.title, place=place)) if place else says.title


def row_of(row: CertificateRow, url: str) -> dict[str, Any]:
    """Return one line of a list."""
    says = row.says
    return {
        "url": url,
        "title": title_of(says),
        "name": row.name,
        "number": row.number,
        "span": span_text(row.from_on, row.until_on) if row.kind == "service" else str(row.year),
        "hours": hours(says.minutes),
        "issued_on": day(says.issued_on, with_year=True),
        "tag": state_tag(row),
    }


def facts_of(row: CertificateRow) -> list[tuple[str, str]]:
    """Return the facts of a certificate as text, for whoever reads no paper on a phone."""
    says = row.says
    found = [
        (_("Number"), row.number),
        (_("Name"), says.name),
        (_("Issued by"), says.issuer_name),
        (_("Kind of certificate"), title_of(says)),
        (_("Time"), span_text(row.from_on, row.until_on)),
        (_("Service in this time"), served_text(says)),
    ]
    if says.before_minutes:
        book = _("%(hours)s hours", hours=hours(says.before_minutes))
        found.append((_("From paper books before Qicai"), book))
    found += [
        (_("Issued on"), day(says.issued_on, with_year=True)),
        (_("Verify code"), shown_verify_code(row.verify_code)),
    ]
    if says.replaces:
        found.append((_("In the place of"), says.replaces))
    return found
