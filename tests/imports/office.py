"""An office for the import pages: the named cast, a browser each, and a worker called by hand."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.db import db, transaction
from app.jobs.runner import Worker
from app.points.operations import create_first_rule_version
from tests.web.cast import NOW, Cast, sign_in_as

# 立春 leads nothing; 谷雨, 小满 and 芒种 stand in TX-red, TX-blue and BY-red.
HEADER = "编号,姓名,日期,队伍,时长,内容"
_DIGEST = re.compile(r'name="digest"[^>]*value="([0-9a-f]{64})"')


@dataclass
class Office:
    """Who imports in a test, as a browser does it."""

    app: Flask
    cast: Cast
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def client(self, role: str = "organiser") -> FlaskClient:
        if role not in self.clients:
            self.clients[role] = sign_in_as(self.app, self.cast, role)
        return self.clients[role]

    def work(self) -> int:
        """Let a worker do what waits."""
        db.session.rollback()
        return Worker(lambda: [self.app]).work_off(self.app)

    def hand_in(
        self,
        content: bytes,
        *,
        kind: str = "service",
        name: str = "台账.csv",
        by: str = "organiser",
    ) -> str:
        """Upload a file and return the address of its page."""
        sent = {"kind": kind, "file": (io.BytesIO(content), name)}
        answer = self.client(by).post("/import", data=sent)
        assert answer.status_code == 303, answer.text[answer.text.find("q-errsum") :][:600]
        return str(answer.location)

    def preview(self, content: bytes, **more: Any) -> str:
        """Upload a file, let it be looked at, and return its address."""
        path = self.hand_in(content, **more)
        assert self.work() == 1
        return path

    def see(self, path: str, by: str = "organiser") -> str:
        return self.client(by).get(path).text

    def fix(self, path: str, by: str = "organiser", **fields: Any) -> TestResponse:
        answer = self.client(by).post(f"{path}/fix", data=fields)
        self.work()
        return answer

    def agree(self, path: str, by: str = "organiser") -> TestResponse:
        """Press the button of the preview as it stands."""
        found = _DIGEST.search(self.see(path, by))
        digest = found[1] if found else ""
        return self.client(by).post(f"{path}/commit", data={"digest": digest})

    def import_all(self, path: str, by: str = "organiser") -> TestResponse:
        """Agree, work, and return the page that follows."""
        assert self.agree(path, by).status_code == 303
        self.work()
        return self.client(by).get(path)


def open_office(app: Flask, cast: Cast) -> Office:
    with transaction() as session:
        root = session.execute(text("SELECT id FROM organisations WHERE code = 'JD'")).scalar_one()
        session.execute(text("DELETE FROM uploads"))  # those of the cast only stand in addresses
        create_first_rule_version(session, root, cast.logins["organiser"], NOW)
    return Office(app, cast)


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


def one(sql: str, **values: Any) -> Any:
    """Return the single value of a query."""
    found = db.session.execute(text(sql), values).scalar()
    db.session.rollback()
    return found
