"""Snapshot files: what is accepted, what is refused and how, and that nothing is lost on the way."""

import json
import os
import random
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.diagnostics import Position
from idsync.errors import SnapshotError
from idsync.model.identity import Snapshot
from idsync.sources import snapshot as snapshot_module
from idsync.sources.snapshot import SnapshotSource, parse_snapshot, read_snapshot, snapshot_bytes
from tests.sources.documents import Json, documents, few, minimal


def parsed(document: Json) -> Snapshot:
    return parse_snapshot(json.dumps(document).encode(), "snapshot.json")


def refused(document: Json) -> SnapshotError:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(SnapshotError) as caught:
        parse_snapshot(data, "snapshot.json")
    return caught.value


def place_of(error: SnapshotError) -> Position:
    assert error.position is not None
    return error.position


def user(**members: Json) -> dict[str, Json]:
    return {"id": "00u1", "username": "ada@enzos-pizza.com", "status": "ACTIVE", "profile": {}} | members


@given(documents)
@few
def test_writing_keeps_every_fact_and_writing_again_changes_nothing(document: Json) -> None:
    snapshot = parsed(document)
    written = snapshot_bytes(snapshot)
    again = parse_snapshot(written, "again.json")
    assert again.digest() == snapshot.digest()
    assert (again.taken_at, again.sanitized, again.app_label) == (
        snapshot.taken_at,
        snapshot.sanitized,
        snapshot.app_label,
    )
    assert snapshot_bytes(again) == written


@given(documents, st.randoms())
@few
def test_the_order_of_the_input_does_not_show_in_the_file(document: Json, dice: random.Random) -> None:
    shuffled = json.loads(json.dumps(document))
    for name in ("users", "groups", "apps"):
        dice.shuffle(shuffled[name])
    for group in shuffled["groups"]:
        dice.shuffle(group["members"])
    assert snapshot_bytes(parsed(shuffled)) == snapshot_bytes(parsed(document))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_with_why_and_fix(data: bytes) -> None:
    error = refused(data)  # a snapshot by chance is out of reach
    assert error.why
    assert error.fix


@given(documents, st.data())
@few
def test_a_snapshot_cut_off_anywhere_is_refused(document: Json, data: st.DataObject) -> None:
    whole = json.dumps(document).encode()
    length = data.draw(st.integers(0, len(whole) - 1))
    assert place_of(refused(whole[:length])).file == "snapshot.json"


def test_a_mistake_in_the_syntax_is_shown_at_its_line_and_column() -> None:
    error = refused(b'{"format_version": "1.0",\n "users": [}\n')
    assert error.position == Position("snapshot.json", 2, 12)


def left(*rows: bytes, part: str = "users") -> list[tuple[str, str, str]]:
    """Kind, id and fault of each row that is left as it is; the one that is well is read all the same."""
    well = {
        "users": user(id="00u9"),
        "groups": {"id": "00g9", "name": "eng", "members": ["00u9"]},
        "apps": {"id": "0oa9", "label": "Wiki", "users": []},
    }[part]
    listed = b",".join([*rows, json.dumps(well).encode()])
    data = json.dumps(minimal()).encode().replace(b'"%s": []' % part.encode(), b'"%s": [%s]' % (part.encode(), listed))
    snapshot = parse_snapshot(data, "snapshot.json")
    ids = [*(item.id for item in snapshot.users), *(item.id for item in snapshot.groups)]
    assert [*ids, *(item.id for item in snapshot.apps)] == [well["id"]]
    written = parse_snapshot(snapshot_bytes(snapshot), "again.json")
    assert written.left_as_is == snapshot.left_as_is
    return [(row.kind, row.id, row.why) for row in snapshot.left_as_is]


@pytest.mark.parametrize(
    ("part", "row", "kind", "identifier", "why"),
    [
        ("users", b'{"id":"00u1","username":"b","profile":{}}', "user", "00u1", "`status`"),
        ("users", b'{"id":"00u1","username":7,"status":"ACTIVE","profile":{}}', "user", "00u1", "$.username"),
        ("users", b'{"username":"b","status":"ACTIVE","profile":{}}', "user", "", "`id`"),
        ("users", b'{"id":"00u1","username":"b","status":"ACTIVE","profile":{"n":"x\\udc00"}}', "user", "00u1", "half"),
        ("users", b'{"id":"00u1","username":"b\xff","status":"ACTIVE","profile":{}}', "user", "00u1", "not UTF-8"),
        ("users", b"null", "user", "", "object"),
        ("groups", b'{"id":"00g1","name":null,"members":[]}', "group", "00g1", "$.name"),
        ("groups", b'{"id":"00g1","name":"\\u00a0","members":[]}', "group", "00g1", "blanks"),
        ("apps", b'{"id":"0oa1","label":"A","users":[],"groups":"x"}', "app", "0oa1", "$.groups"),
        ("apps", b'{"id":"0oa1","label":"\\u0000","users":[]}', "app", "0oa1", "NUL"),
    ],
)
def test_r13_one_odd_row_of_a_file_leaves_the_others_alone(
    part: str, row: bytes, kind: str, identifier: str, why: str
) -> None:
    ((found_kind, found_id, said),) = left(row, part=part)
    assert (found_kind, found_id) == (kind, identifier)
    assert why in said


def test_r13_a_fault_outside_the_rows_is_one_of_the_file() -> None:
    odd = b'{"id":"00u1","username":"b","profile":{}}'
    whole = json.dumps(minimal()).encode().replace(b'"users": []', b'"users": [' + odd + b"]")
    for old, new in (
        (b'"complete": true', b'"complete": 7'),
        (b'"groups": []', b'"groups": {}'),
        (b'"apps": []', b'"x": 1'),
    ):
        assert old in whole
        assert "not a snapshot" in refused(whole.replace(old, new)).summary


@pytest.mark.parametrize("version", ["2.0", "10.3", "3"])
def test_another_major_version_is_told_before_anything_else(version: str) -> None:
    assert f"format version {version}" in refused(minimal(format_version=version)).summary
    assert f"format version {version}" in refused({"format_version": version, "people": []}).summary


def test_a_later_minor_version_with_new_members_is_read() -> None:
    assert parsed(minimal(format_version="1.9", devices=[1], users=[user(shoe_size=44)])).users[0].id == "00u1"


@pytest.mark.parametrize("version", ["", "1", "1.", "1.x", "one", "1.0\n", "-1.0"])
def test_what_is_not_a_version_is_refused(version: str) -> None:
    assert "version" in refused(minimal(format_version=version)).summary


@pytest.mark.parametrize(
    ("part", "rows"),
    [
        ("users", [user(), user(username="other")]),
        ("groups", [{"id": "00g1", "name": name, "members": []} for name in "ab"]),
        ("apps", [{"id": "0oa2", "label": label, "users": []} for label in "ab"]),
    ],
)
def test_two_objects_with_one_id_are_refused(part: str, rows: list[Json]) -> None:
    assert f"two {part} have the id" in refused(minimal(**{part: rows})).summary


@pytest.mark.parametrize("identifier", ["", "a b", "a/b", "a\n", "a\0", "ü", "\u202e", "a\x7f"])
def test_r13_a_row_with_an_odd_id_may_be_about_anybody(identifier: str) -> None:
    assert left(json.dumps(user(id=identifier)).encode()) == [("user", "", "has an id that cannot be used")]


@pytest.mark.parametrize("name", ["", "nul\0byte", " ", "\t", "\u200b", "\u3164", "\ufeff \u00ad"])
def test_r13_a_name_that_shows_nothing_counts_as_none(name: str) -> None:
    for part, row in (
        ("users", user(username=name)),
        ("groups", {"id": "00g1", "name": name, "members": []}),
        ("apps", {"id": "0oa2", "label": name, "users": []}),
    ):
        ((_, identifier, why),) = left(json.dumps(row).encode(), part=part)
        assert identifier == row["id"]
        assert "name" in why


def test_names_may_hold_anything_else() -> None:
    name = 'a/b "quoted"\n\x1b[31mred\x1b[0m é e\u0301 \U0001f355 ' + "x" * 10_000
    assert parsed(minimal(groups=[{"id": "00g1", "name": name, "members": []}])).groups[0].name == name


def test_deep_nesting_is_refused_without_a_crash() -> None:
    for deep in (b"[" * 200_000, b'{"profile":' * 100_000):
        assert refused(deep).why
    row = (
        b'{"id":"00u1","username":"a","status":"ACTIVE","profile":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"
    )
    data = json.dumps(minimal()).encode().replace(b'"users": []', b'"users": [' + row + b"]")
    assert "nested" in refused(data).summary


@pytest.mark.parametrize("members", ["ada", [1], {"a": 1}, None, 5])
def test_members_of_a_wrong_type_are_an_error_when_they_are_opened(members: Json) -> None:
    snapshot = parsed(minimal(groups=[{"id": "00g1", "name": "eng", "members": members}]))
    with pytest.raises(SnapshotError, match="00g1"):
        snapshot.groups[0].member_ids()


def test_members_may_be_people_who_are_nowhere_else() -> None:
    snapshot = parsed(minimal(groups=[{"id": "00g1", "name": "eng", "members": ["00u9"]}]))
    assert snapshot.groups[0].member_ids() == ["00u9"]


@pytest.mark.parametrize("url", ["", "enzos-pizza.okta.com", "ftp://x", "https://", "https://a/b"])
def test_what_is_not_an_organization_is_refused(url: str) -> None:
    assert "organization" in refused(minimal(org_url=url)).summary


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-11-22", "2026-11-22T00:00:00", "2026-13-41T00:00:00Z"])
def test_what_is_not_a_time_is_refused(moment: str) -> None:
    assert "when" in refused(minimal(taken_at=moment)).summary


@pytest.mark.parametrize("data", [b"", b" \n", b"null", b"[]", b"7", b'"x"', b"<html>"])
def test_what_is_not_an_object_is_refused(data: bytes) -> None:
    assert refused(data).fix


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="cannot be read") as caught:
        read_snapshot(tmp_path / "missing.json")
    assert caught.value.why == "No such file or directory"
    with pytest.raises(SnapshotError, match="cannot be read"):
        read_snapshot(tmp_path)


def test_a_file_beyond_the_bound_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_module, "LARGEST_FILE", 10)
    path = tmp_path / "large.json"
    path.write_bytes(b" " * 11)
    with pytest.raises(SnapshotError, match="too large"):
        read_snapshot(path)


def test_a_snapshot_can_come_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(json.dumps(minimal()).encode()))
    writer.start()
    assert read_snapshot(pipe).app_id == "0oa1"
    writer.join()


def test_an_endless_pipe_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_module, "LARGEST_FILE", 2 << 20)
    with pytest.raises(SnapshotError, match="too large"):
        read_snapshot(Path("/dev/zero"))


def test_an_object_a_line_sorted_by_id_with_a_newline_at_the_end() -> None:
    text = snapshot_bytes(parsed(minimal(users=[user(), user(id="00u0")]))).decode()
    assert text.endswith("}\n")
    assert [line[:12] for line in text.splitlines() if "00u" in line] == ['{"id":"00u0"', '{"id":"00u1"']


def test_a_file_is_a_source(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    groups: list[Json] = [{"id": key, "name": key.upper(), "members": []} for key in ("00g2", "00g1")]
    path.write_text(json.dumps(minimal(groups=groups, apps=[{"id": "0oa2", "label": "Wiki", "users": []}])))
    source = SnapshotSource(path)
    assert source.read(known=["00u1"]).snapshot.unassigned == {}
    catalogue = source.catalogue()
    assert [group.name for group in catalogue.groups] == ["00G1", "00G2"]
    assert [app.label for app in catalogue.apps] == ["Wiki"]
