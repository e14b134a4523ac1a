"""Whatever byte of a certificate's file is altered, it fails; and so does a PDF's."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certificates.rules.files import (
    Altered,
    NotReadable,
    certificate_file,
    payload_signature,
    read_file,
    signed_pdf,
)
from app.certificates.rules.numbers import new_verify_code, shown_verify_code, typed_verify_code
from app.certificates.rules.payload import Content, Payload, Share, payload_from, payload_text
from app.certificates.rules.published import KeyFileBroken, PublicKey, keys_from, published_keys
from app.certificates.rules.signing import new_key_pair, opened

PAYLOAD = Payload(
    kind="service", number="TX-2026-0001", title="志愿服务记录证明", issuer_code="TX",
    issuer_name="涂新社区", name="春分", holder_number="TX00004", is_team=False, rank=None,
    is_tied=False, year=2026, from_on=date(2026, 1, 1), until_on=date(2026, 2, 3), minutes=210,
    before_minutes=0, dates=2, service_days=1,
    shares=(Share("red", "红", "扶贫帮困", 210),),
    contents=(Content(date(2026, 1, 27), date(2026, 1, 27), "红队", "清扫", 1, 210),),
    contents_by="record", recorded_by=("涂新社区",), in_charge="", contact="",
    issued_on=date(2026, 2, 3), reported_nationally=False,
    verify_code="0123456789ABCDEFGHJKMNPQRSTV", replaces=None,
)  # fmt: skip
SECRET = "s" * 40
PAIR = new_key_pair(SECRET)
SIGNER = opened(PAIR, SECRET)
KEYS = {PAIR.key_id: PAIR.public_key}
TEXT = payload_text(PAYLOAD)
FILE = certificate_file(TEXT, PAIR.key_id, payload_signature(TEXT, SIGNER))
PDF = signed_pdf(b"%PDF-1.7\n" + bytes(range(256)) * 8 + b"\n%%EOF\n", SIGNER, PAYLOAD.verify_code)


def is_authentic(content: bytes) -> bool:
    try:
        return read_file(content).is_authentic(KEYS)
    except (Altered, NotReadable):
        return False


def test_as_they_were_made_both_are_authentic() -> None:
    assert is_authentic(FILE)
    assert is_authentic(PDF)
    assert read_file(FILE).payload == PAYLOAD
    assert read_file(PDF).verify_code == PAYLOAD.verify_code


@pytest.mark.parametrize("content", [FILE, PDF], ids=["json", "pdf"])
def test_any_byte_altered_fails(content: bytes) -> None:
    for at in range(len(content)):
        for flip in (1, 0x20, 0x80):
            altered = bytearray(content)
            altered[at] ^= flip
            assert not is_authentic(bytes(altered)), (at, flip)


@pytest.mark.parametrize("content", [FILE, PDF], ids=["json", "pdf"])
@given(data=st.data())
def test_anything_added_or_cut_fails(content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    put = data.draw(st.binary(max_size=4) | st.sampled_from([b" ", b"\n", b"\r\n", b"\x00"]))
    other = content[:start] + put + content[end:]
    assert is_authentic(other) == (other == content)


def test_another_key_of_the_same_name_fails() -> None:
    other = new_key_pair(SECRET)
    assert not read_file(FILE).is_authentic({PAIR.key_id: other.public_key})
    assert not read_file(FILE).is_authentic({other.key_id: other.public_key})


def test_a_batch_names_no_single_certificate() -> None:
    many = signed_pdf(b"%PDF-1.7\n%%EOF", SIGNER, None)
    assert is_authentic(many)
    assert read_file(many).verify_code is None


@given(
    st.builds(
        PAYLOAD._replace,
        name=st.text(max_size=8),
        minutes=st.integers(0, 10**9),
        rank=st.none() | st.integers(1, 500),
        from_on=st.none() | st.dates(),
        contents=st.lists(
            st.builds(
                Content, st.dates(), st.dates(), st.text(), st.text(), st.integers(1), st.integers()
            ),
            max_size=3,
        ).map(tuple),
    )
)
def test_a_payload_has_one_text(payload: Payload) -> None:
    assert payload_from(payload_text(payload)) == payload


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04", b"{}", b"[" * 100_000])
def test_other_files_are_not_read(content: bytes) -> None:
    with pytest.raises(NotReadable):
        read_file(content)


@pytest.mark.parametrize("text", ['{"certificate":' + "[" * 50_000, '{"certificate":1}'])
def test_what_only_looks_like_one_is_altered(text: str) -> None:
    with pytest.raises(Altered):
        read_file(text.encode())


def test_published_keys_are_read_again_and_named_by_themselves() -> None:
    published = published_keys(
        [PublicKey("lie", PAIR.public_key, datetime(2026, 1, 1, tzinfo=UTC), True)]
    )
    assert keys_from(json.dumps(published)) == KEYS
    assert keys_from(PAIR.public_key + "\n") == KEYS
    for broken in ("", "{}", '{"keys": []}', "AAAA", '{"keys": [{"public_key": "!"}]}'):
        with pytest.raises(KeyFileBroken):
            keys_from(broken)


def test_a_code_is_read_however_it_is_typed() -> None:
    code = new_verify_code()
    assert typed_verify_code(shown_verify_code(code).lower()) == code
    assert typed_verify_code(" ".join(code)) == code
    assert typed_verify_code(code[:-1]) is None
    assert typed_verify_code("O" * 28) == "0" * 28
