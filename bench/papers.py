"""A year's award certificates as one signed PDF, and each as a signed PDF of its own."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TypeVar

from flask import Flask

from app import create_app
from app.certificates.papers import AWARD_FORM, paper_of
from app.certificates.rules import Payload
from app.certificates.rules.files import signed_pdf
from app.certificates.rules.payload import Share
from app.certificates.rules.signing import Signer, new_key_pair, opened
from app.papers.making import joined_pdf, pdf_of
from tests.conftest import TEST_CONFIG

Made = TypeVar("Made")
TOGETHER, SINGLY = 500, 50
SECRET = "b" * 40
SITE = "https://time.example.cn/verify/"
SURNAMES, GIVEN = "张王李赵欧陈杨黄周吴", ("立春", "雨水", "惊蛰", "谷雨", "小满", "白露", "𠮷祥")


def certificates_at_size() -> None:
    """Print what a certificate takes, together with many and alone."""
    app, signer = create_app(TEST_CONFIG), opened(new_key_pair(SECRET), SECRET)
    with app.test_request_context():
        # The fonts are read once for a worker's life, not for each batch.
        _seconds(lambda: pdf_of(_paper(app, 1)))
        body, seconds = _seconds(lambda: joined_pdf(_paper(app, at) for at in range(TOGETHER)))
        _print(f"{TOGETHER} certificates as one PDF", seconds, TOGETHER, len(body))
        singly, seconds = _seconds(partial(_singly, app, signer))
        _print(f"{SINGLY} certificates, each signed", seconds, SINGLY, singly)
    print(f"papers: peak of memory: {_peak_megabytes()} MB")


def _singly(app: Flask, signer: Signer) -> int:
    """Return how many bytes so many single files have together."""
    return sum(
        len(signed_pdf(pdf_of(_paper(app, at)), signer, _says(at).verify_code))
        for at in range(SINGLY)
    )


def _paper(app: Flask, at: int) -> str:
    return paper_of(_says(at), AWARD_FORM, "zh_Hans", SITE)


def _says(at: int) -> Payload:
    """Return one of many different certificates; some share a place."""
    name = SURNAMES[at % len(SURNAMES)] + GIVEN[at % len(GIVEN)]
    number, code = f"TX-2025-{at + 1:04}", f"{at:028}"
    return Payload(
        kind="award", number=number, title="志愿先锋", issuer_code="TX", issuer_name="涂新社区",
        name=name, holder_number=f"TX{at:05}", is_team=False, rank=at // 2 + 1, is_tied=at % 4 < 2,
        year=2025, from_on=date(2025, 1, 1), until_on=date(2025, 12, 31), minutes=6000 + at,
        before_minutes=0, dates=40, service_days=10,
        shares=(Share("red", "扶", "扶贫帮困", 6000 + at),), contents=(), contents_by="record",
        recorded_by=("涂新社区",), in_charge="林清和", contact="010-5555 0132",
        issued_on=date(2026, 1, 20), reported_nationally=False, verify_code=code, replaces=None,
    )  # fmt: skip


def _seconds(make: Callable[[], Made]) -> tuple[Made, float]:
    begun = time.perf_counter()
    made = make()
    return made, time.perf_counter() - begun


def _print(what: str, seconds: float, count: int, size: int) -> None:
    each = f"{1000 * seconds / count:.0f} ms and {size / count / 1000:.0f} kB each"
    print(f"papers: {what}: {seconds:.1f} s, {each}")


def _peak_megabytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    certificates_at_size()
