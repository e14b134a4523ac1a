"""The PDF of a certificate is signed to its last byte, and says what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.certificates.queries.keys import public_keys
from app.certificates.rules.files import Altered, NotReadable, read_file
from app.db import db
from tests.certificates.issuing import issued
from tests.certificates.test_files import FILE, PAIR
from tests.conftest import MakeApp
from tests.service.conftest import Town


@pytest.fixture
def pdf(town: Town) -> bytes:
    """The PDF of somebody's service record."""
    town.community.log(town.community.line(3, 120))
    made = issued(town.community)
    answer = town.browser("volunteer").get(f"/me/certificates/{made.id}/file.pdf")
    assert answer.status_code == 200, answer.text[-800:]
    return answer.data


def is_authentic(content: bytes) -> bool:
    keys = {key.key_id: key.public_key for key in public_keys(db.session())}
    try:
        return read_file(content).is_authentic(keys)
    except (Altered, NotReadable):
        return False


def test_altered_anywhere_it_fails(pdf: bytes) -> None:
    assert is_authentic(pdf)
    places = {*range(0, len(pdf), len(pdf) // 200), *range(len(pdf) - 160, len(pdf))}
    for at in sorted(places):
        altered = bytearray(pdf)
        altered[at] ^= 1
        assert not is_authentic(bytes(altered)), at
    assert not is_authentic(pdf + b"\n")


def test_the_command_tells_genuine_altered_revoked_and_unreadable(
    app: Flask, pdf: bytes, tmp_path: Path, town: Town
) -> None:
    file, keys = tmp_path / "c.pdf", tmp_path / "keys.json"
    file.write_bytes(pdf)
    keys.write_bytes(town.browser("visitor").get("/.well-known/qicai-certificates.json").data)
    assert verify(app, file).exit_code == 0
    assert verify(app, file, "--key", str(keys)).exit_code == 0
    town.browser("organiser").post(
        "/certificates/1/revoke", data={"category": "misused", "reason": "x"}
    )
    assert verify(app, file).exit_code == 1
    # Whoever has no database cannot know.
    assert verify(app, file, "--key", str(keys)).exit_code == 0
    file.write_bytes(pdf.replace(b"%PDF-1.", b"%PDF-2.", 1))
    assert verify(app, file, "--key", str(keys)).exit_code == 1
    for other in (b"", b"PK", None):
        file.write_bytes(other) if other is not None else file.unlink()
        assert verify(app, file).exit_code == 2
    keys.write_text("{}")
    file.write_bytes(pdf)
    assert verify(app, file, "--key", str(keys)).exit_code == 2


def test_a_new_key_by_the_command(app: Flask, pdf: bytes) -> None:
    shown = app.test_cli_runner().invoke(args=["certificate-key", "--new"])
    assert shown.exit_code == 0, shown.output
    assert len(public_keys(db.session())) == 2
    assert is_authentic(pdf)


def verify(app: Flask, file: Path, *more: str) -> Result:
    return app.test_cli_runner().invoke(args=["verify", str(file), *more])


def test_no_database_is_needed(make_app: MakeApp, tmp_path: Path) -> None:
    """Whoever was shown a certificate has its file and the published key, nothing else."""
    file, key = tmp_path / "c.json", tmp_path / "key.txt"
    file.write_bytes(FILE)
    key.write_text(PAIR.public_key)
    nowhere = make_app(DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3")
    done = verify(nowhere, file, "--key", str(key))
    assert done.exit_code == 0, done.output
    assert "TX-2026-0001" in done.output
    assert verify(nowhere, file).exit_code == 2
    file.write_bytes(FILE.replace(b"210", b"211", 1))
    assert verify(nowhere, file, "--key", str(key)).exit_code == 1
