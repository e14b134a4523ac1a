"""nginx as deploy/ ships it, before web hosts that listen on this machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.clock import now
from app.config import ROOT
from tests.postgres import free_port

DEPLOY = ROOT / "deploy"
NAME = "time.example.cn"
# As docs/operations.md tells Qicai that it stands behind one proxy.
BEHIND = {"PROXY_COUNT": "1", "HTTPS": "1", "TRUSTED_HOSTS": NAME}
# Where ./test unpacks it: installed, it would begin to serve.
UNPACKED = ROOT / ".venv" / "nginx" / "usr" / "sbin" / "nginx"
AS_SHIPPED = "error non_idempotent"
START_SECONDS = 30.0
MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/qicai.conf;
}}
"""


def nginx_program() -> Path | None:
    """Return the nginx there is, if there is one."""
    found = [shutil.which("nginx"), "/usr/sbin/nginx", UNPACKED]
    return next((Path(each) for each in found if each and Path(each).is_file()), None)


needs_nginx = pytest.mark.skipif(
    nginx_program() is None, reason="nginx is not here; on Debian and Ubuntu ./test unpacks it"
)


class Front(NamedTuple):
    """Where nginx listens, its certificate, and its folder with the logs."""

    plain_port: int
    port: int
    certificate: Path
    folder: Path

    def connection(self) -> HTTPConnection:
        """Return a connection as a phone makes it to the public name."""
        return _ToTheName(self)

    def plain_connection(self) -> HTTPConnection:
        """Return a connection without TLS."""
        return HTTPConnection("127.0.0.1", self.plain_port, timeout=START_SECONDS)


class _ToTheName(HTTPSConnection):
    """HTTPS to the public name, whose address is this machine's."""

    def __init__(self, front: Front) -> None:
        super().__init__(NAME, timeout=60)
        self._port = front.port
        self._trusted = ssl.create_default_context(cafile=str(front.certificate))

    def connect(self) -> None:
        bare = socket.create_connection(("127.0.0.1", self._port), self.timeout)
        self.sock = self._trusted.wrap_socket(bare, server_hostname=NAME)


@contextmanager
def nginx_before(
    urls: Sequence[str], folder: Path, *, asks_again: str = AS_SHIPPED
) -> Iterator[Front]:
    """Start nginx with the files of deploy/, in which only names of files and addresses change.

    `asks_again`: when it asks the next host; other than as shipped it is the control of a test.
    """
    program = nginx_program()
    assert program is not None
    folder.mkdir()
    front = Front(free_port(), free_port(), folder / "own.pem", folder)
    _write_certificate(front.certificate, folder / "own.key")
    conf = _put(
        _as_shipped(front, urls), f"next_upstream {AS_SHIPPED};", f"next_upstream {asks_again};"
    )
    (folder / "qicai.conf").write_text(conf)
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"],
            stdout=said,
            stderr=said,
        )
    try:
        _wait_for(process, front)
        yield front
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _as_shipped(front: Front, urls: Sequence[str]) -> str:
    conf = (DEPLOY / "nginx.conf").read_text("utf-8")
    hosts = [urlsplit(url).netloc for url in urls]
    if len(hosts) == 1:
        conf = _put(conf, "server 127.0.0.1:8000", f"server {hosts[0]}", times=2)
    else:
        several = (DEPLOY / "nginx-upstream.conf").read_text("utf-8")
        for place, host in enumerate(hosts, 11):
            several = _put(several, f"server 10.0.0.{place}:8000", f"server {host}")
        conf = re.sub(r"upstream qicai \{.*?\n\}\n", lambda _: several, conf, flags=re.DOTALL)
    conf = _put(conf, "listen 80;", f"listen 127.0.0.1:{front.plain_port};")
    conf = _put(conf, "listen 443 ssl", f"listen 127.0.0.1:{front.port} ssl")
    # A machine may have no IPv6.
    conf = re.sub(r"\n *listen \[::\].*", "", conf)
    conf = _put(conf, f"/etc/ssl/{NAME}.pem", str(front.certificate))
    return _put(conf, f"/etc/ssl/private/{NAME}.key", str(front.folder / "own.key"))


def _put(conf: str, shipped: str, here: str, *, times: int = 1) -> str:
    assert conf.count(shipped) == times, shipped
    return conf.replace(shipped, here)


def _write_certificate(certificate: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _wait_for(process: subprocess.Popen[bytes], front: Front) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", front.port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nginx did not start:\n{(front.folder / 'said').read_text()}")
