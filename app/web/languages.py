"""Which language and which time zone a page speaks in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_translations, ngettext
from flask_babel import get_locale as _get_locale
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.web.actor import find_actor
from app.web.edge import current_site, edge
from app.web.english import Counted, English, with_one

LANGUAGES = ("zh_Hans", "zh_Hant", "en")
DEFAULT = "zh_Hans"
DEFAULT_ZONE = "Asia/Shanghai"
COOKIE = "qicai_language"
HTML_LANG = {"zh_Hans": "zh-CN", "zh_Hant": "zh-TW", "en": "en"}
_TRADITIONAL = {"hant", "tw", "hk", "mo"}


class _ShortWay(Domain):  # type: ignore[misc]
    """The catalogues of flask_babel, looked up by our own short way wherever there is a page."""

    def gettext(self, string: str, **figures: object) -> str:
        return gettext(string, **figures) if g else super().gettext(string, **figures)


def init_languages(app: Flask) -> None:
    """Choose language and time zone for every request."""
    babel = Babel(app, locale_selector=chosen_language, timezone_selector=chosen_zone)
    babel.domain_instance = _ShortWay()
    babel.domain_instance.cache["en", "messages"] = English()
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    # Jinja's own `_` calls its gettext by a second look-up, and formats what has no figures.
    app.jinja_env.globals["_"] = _said_in_template


def gettext(message: str, **figures: object) -> str:
    """Translate a message, as flask_babel does; a long page says hundreds, so the way is short."""
    said: str = _catalogue()(message)
    return said % figures if figures else said


@pass_eval_context
def _said_in_template(context: EvalContext, message: str, /, **figures: object) -> str:
    """Translate as the gettext of a template does: figures are escaped, the message is ours."""
    said: str = _catalogue()(message)
    if isinstance(said, Counted):
        said = with_one(said, figures)
    if context.autoescape:
        said = Markup(said)
    return said % figures if figures or "%" in said else said


def _catalogue() -> Callable[[str], str]:
    """Return the look-up of the page's language, found once a request."""
    held = g.get("_flask_babel")
    quick = getattr(held, "quick", None)
    # force_locale changes the language in the middle of a request.
    if quick is None or quick[0] is not getattr(held, "babel_locale", None):
        look_up = get_translations().ugettext
        _get_locale()
        held = g._flask_babel
        quick = held.quick = (held.babel_locale, look_up)
    return quick[1]  # type: ignore[no-any-return]


def chosen_language() -> str:
    """Return the language: asked for, preferred on this device, of the login, of the browser."""
    if not has_request_context():
        return DEFAULT
    for wish in (request.args.get("language"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return _language_of_login() or from_header(
        tag for tag, quality in request.accept_languages if quality > 0
    )


def from_header(tags: Iterable[str]) -> str:
    """Return the language of the first tag we speak.

    Werkzeug would send zh-Hant-TW to zh, which reads as simplified.
    """
    for tag in tags:
        parts = tag.lower().replace("_", "-").split("-")
        if parts[0] == "zh":
            return "zh_Hant" if _is_traditional(parts[1:]) else "zh_Hans"
        if parts[0] == "en":
            return "en"
    return DEFAULT


def chosen_zone() -> str:
    """Return the time zone of the site's organisation."""
    site = None if g.get("is_broken") else current_site()
    return site.time_zone if site else DEFAULT_ZONE


def language() -> str:
    """Return the language of this page: zh_Hans, zh_Hant or en."""
    name = str(_get_locale() or DEFAULT)
    return name if name in LANGUAGES else DEFAULT


def html_lang() -> str:
    """Return the language as HTML names it."""
    return HTML_LANG[language()]


def _is_traditional(subtags: list[str]) -> bool:
    # zh-Hans-HK is simplified although it is read in Hong Kong.
    return "hans" not in subtags and not _TRADITIONAL.isdisjoint(subtags)


def _language_of_login() -> str | None:
    if g.get("is_broken"):
        return None
    actor = find_actor()
    wish = edge().remembered_language(actor.login_id) if actor else None
    return wish if wish in LANGUAGES else None
