"""The dump holds every row in one canonical form, and no secret."""

from __future__ import annotations

import csv
import hashlib
import json
import stat
from pathlib import Path

import pytest

from app.audit.dump import FolderInUse, write_dump
from app.audit.reading import Reading
from app.audit.tables import LEFT_OUT, TABLES, TABLES_LEFT_OUT
from app.db import db
from tests.audit.community import DIGEST


@pytest.fixture
def dumped(reading: Reading, tmp_path: Path) -> Path:
    write_dump(reading, tmp_path / "dump")
    return tmp_path / "dump"


def test_the_manifest_proves_every_file(dumped: Path) -> None:
    manifest = json.loads((dumped / "manifest.json").read_bytes())
    assert manifest["digest"] == DIGEST
    assert [file["file"] for file in manifest["files"]] == [f"{each.name}.csv" for each in TABLES]
    for file in manifest["files"]:
        data = (dumped / file["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]


def test_the_bytes_are_the_same_on_either_engine(dumped: Path) -> None:
    assert (dumped / "holidays.csv").read_bytes().decode() == (
        'organisation_id,day_on,is_working,name\n1,2025-04-04,0,"清明, ""Qingming"""\n'
    )
    assert (dumped / "marks.csv").read_bytes() == (
        b'id,entry_id,purpose,published_at\n1,5,"test",2025-04-11T01:02:03.000004Z\n'
    )
    assert (dumped / "postings.csv").read_bytes().split(b"\n")[:4] == [
        b"account_id,entry_id,amount",
        b"1,1,90",
        b"2,1,260",
        b"3,2,60",
    ]


def test_any_reader_of_csv_reads_it(dumped: Path) -> None:
    with (dumped / "holidays.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ['清明, "Qingming"']


def test_no_secret_is_in_it(dumped: Path) -> None:
    everything = b"".join(file.read_bytes() for file in dumped.iterdir())
    assert b"argon2" not in everything
    assert not {"sessions.csv", "activation_codes.csv"} & {file.name for file in dumped.iterdir()}


def test_only_its_owner_can_read_it(dumped: Path) -> None:
    assert stat.S_IMODE(dumped.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in dumped.iterdir()} == {0o600}


def test_a_folder_in_use_is_left_alone(reading: Reading, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FolderInUse):
        write_dump(reading, tmp_path)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["mine"]


def test_an_empty_folder_will_do(reading: Reading, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_dump(reading, tmp_path / "empty")
    assert (tmp_path / "empty" / "manifest.json").exists()


def test_every_column_is_dumped_or_left_out_on_purpose() -> None:
    """A new column fails here: add it to the dump, or to what is left out."""
    named = {table.name: {column.name for column in table.columns} for table in TABLES}
    for name, left_out in LEFT_OUT.items():
        named[name] |= left_out
    in_schema = {
        table.name: {column.name for column in table.columns}
        for table in db.metadata.sorted_tables
        if table.name not in TABLES_LEFT_OUT
    }
    assert named == in_schema


def test_every_key_of_the_dump_is_unique() -> None:
    for table in TABLES:
        key = {column.name for column in db.metadata.tables[table.name].primary_key}
        assert {column.name for column in table.key} == key
