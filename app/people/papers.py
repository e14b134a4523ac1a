"""What slips and cards have in common: secrets drawn anew for minutes, addresses, QR codes.

Nothing is kept for showing a paper again but a random word in the cookie: what stands on it is
made again from that word and the server's secret, which neither has alone.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from hmac import digest as keyed
from io import BytesIO
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import segno
from flask import current_app, make_response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

SHOWN_FOR = timedelta(minutes=15)
# Of a QR's modules so many may be lost: a card is folded, worn and wiped.
ERROR_LEVEL = "m"


def seed_of(purpose: str, nonce: str) -> bytes:
    """Return the secret that codes or tokens come from."""
    return keyed(current_app.config["SECRET_KEY"].encode(), f"{purpose} {nonce}".encode(), sha256)


def public_address(endpoint: str, **values: Any) -> str | None:
    """Return an address for others to open; None when it is unknown from this machine itself."""
    if public := current_app.config["PUBLIC_URL"]:
        return f"{public}{url_for(endpoint, **values)}"
    host = urlsplit(f"//{request.host}").hostname or ""
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    return None if is_loopback else url_for(endpoint, _external=True, **values)


def address_in_full(endpoint: str, **values: Any) -> str:
    """Return an address with its host: the one for others where it is known."""
    return public_address(endpoint, **values) or url_for(endpoint, _external=True, **values)


def qr(text: str) -> Markup:
    """Return a QR as SVG that scales; never a Micro QR, which phones cannot read."""
    out = BytesIO()
    segno.make_qr(text, error=ERROR_LEVEL).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=False,
        omitsize=True,
        svgclass="q-qr",
        lineclass=None,
        nl=False,
    )
    return Markup(out.getvalue().decode())


def shown(template: str, **given: Any) -> Response:
    """Return a page with secrets on it, which no browser keeps."""
    answer = make_response(render_template(template, **given))
    answer.headers["Cache-Control"] = "no-store"
    return answer
