"""What anybody reads who scans a certificate: issuer, masked name, figures, status, no more."""

from __future__ import annotations

import re

import pytest

from tests.certificates.issuing import issued
from tests.service.conftest import MakeTown, Town

ASKED = {"certificate_contact_person": '"林清和"', "certificate_contact": '"010-5555 0132"'}
REPORTED = "are also reported to the national volunteer service system"
NOT_REPORTED = "have not been reported to the national volunteer service system"


def verified(town: Town) -> str:
    """Return what a stranger reads of the fourth person's certificate."""
    town.community.log(town.community.line(3, 120, content="给独居老人送饭"))
    made = issued(town.community)
    visitor = town.browser("visitor")
    visitor.set_cookie("qicai_language", "en")
    page = visitor.get(f"/verify/{made.verify_code}").text
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.mark.parametrize(
    ("setting", "said", "unsaid"),
    [("1", REPORTED, NOT_REPORTED), ("0", NOT_REPORTED, REPORTED)],
)
def test_it_says_honestly_whether_the_record_was_reported(
    make_town: MakeTown, setting: str, said: str, unsaid: str
) -> None:
    page = verified(make_town(reported_nationally=setting))
    assert said in page
    assert unsaid not in page


@pytest.mark.parametrize(
    "hidden", ["春分", "TX00004", "给独居老人送饭", "TX-red", "138", "林清和", "010-5555 0132"]
)
def test_it_shows_nothing_besides(make_town: MakeTown, hidden: str) -> None:
    page = verified(make_town(**ASKED))
    assert "涂新社区" in page
    assert hidden not in page
