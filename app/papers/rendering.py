"""Write a paper's HTML outside a request, as a job does; inside one, render_template does."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import force_locale

from app.web.languages import HTML_LANG


def paper_html(template: str, language: str, **values: Any) -> str:
    """Return a template below templates/papers/base.html as pdf_of takes it: no links, no tools."""
    with force_locale(language):
        found = current_app.jinja_env.get_template(template)
        return found.render(for_pdf=True, html_lang=HTML_LANG[language], **values)
