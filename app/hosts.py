"""Addresses of PostgreSQL, of one server or of a primary and its standbys.

People write several hosts as libpq does, postgresql://u@h1:p1,h2:p2/name, which SQLAlchemy does
not read. Both read ?host=h1,h2&port=p1,p2, so that is what an address becomes when it comes in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

DRIVER = "postgresql+psycopg://"
_WRITTEN = ("postgres://", "postgresql://", DRIVER)
DEFAULT_PORT = "5432"
_ROLE = "target_session_attrs"
# user:password@, hosts, name, what stands behind the question mark.
_PARTS = re.compile(r"([^:/]*(?::[^@]*)?@)?([^/?]*)(?:/([^?]*))?(?:\?(.*))?")
# How long a server may stay silent before it counts as gone: without these a machine that lost its
# power would hold a request for a quarter of an hour. Each may be said otherwise in the address.
PATIENCE: Mapping[str, str] = {
    "connect_timeout": "3",
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


def with_driver(given: str) -> str:
    """Return an address with the driver we use, however it was written; others as they are."""
    for written in _WRITTEN:
        if given.startswith(written):
            return DRIVER + _one_host_or_none(given.removeprefix(written))
    return given


def patience(url: str) -> dict[str, str]:
    """Return how long to wait for a silent server, as far as its address does not say."""
    said = parse_qs(url.partition("?")[2])
    return {name: value for name, value in PATIENCE.items() if name not in said}


def names_several(url: str) -> bool:
    """Tell whether an address names more than one host."""
    return any("," in host for host in parse_qs(url.partition("?")[2]).get("host", []))


def _one_host_or_none(rest: str) -> str:
    """Return user@hosts/name?more with several hosts, if there are, named in what follows the ?."""
    found = _PARTS.fullmatch(rest)
    if found is None:
        return rest
    user, hosts, name, query = (part or "" for part in found.groups())
    said = parse_qsl(query, keep_blank_values=True)
    if "," in hosts:
        pairs = [_host_and_port(each) for each in hosts.split(",")]
        said.append(("host", ",".join(host for host, _port in pairs)))
        said.append(("port", ",".join(port for _host, port in pairs)))
        rest = f"{user}/{name}?{_written(said)}"
    if any(key == "host" and "," in value for key, value in said) and _ROLE not in dict(said):
        # A standby answers too; only the primary takes what is written.
        rest += f"&{_ROLE}=read-write"
    return rest


def _host_and_port(said: str) -> tuple[str, str]:
    host, _, port = said.rpartition(":") if ":" in said.rpartition("]")[2] else (said, "", "")
    return host.strip("[]"), port or DEFAULT_PORT


def _written(said: list[tuple[str, str]]) -> str:
    return urlencode(said, safe="/:,", quote_via=quote)
