"""The published schema of snapshot files says what the code accepts, no more and no less."""

import copy
import json
from importlib import resources
from pathlib import Path
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from idsync.errors import SnapshotError
from idsync.sources.snapshot import parse_snapshot, snapshot_bytes
from tests.sources.documents import Json, documents, few, many, minimal

PUBLISHED = Path(__file__).parents[2] / "schemas" / "snapshot.v1.schema.json"
PACKAGED = resources.files("idsync.sources").joinpath("snapshot.v1.schema.json").read_text("utf-8")
SCHEMA = Draft202012Validator(json.loads(PACKAGED))

ODD_VALUES: list[Json] = [
    None,
    True,
    7,
    1.5,
    "",
    "x",
    "a/b",
    "nul\0",
    "è",
    [],
    {},
    ["a"],
    [1],
    {"a": "b"},
    {"a": 1},
    [{}],
]


def accepted_by_code(document: Any) -> bool:
    try:
        snapshot = parse_snapshot(json.dumps(document).encode(), "snapshot.json")
        for user in snapshot.users:
            user.attributes()
        for group in snapshot.groups:
            group.member_ids()
        for app in snapshot.apps:
            app.user_ids()
    except SnapshotError:
        return False
    return len(snapshot.left_as_is) == len(document.get("left_as_is", []))  # a valid file has no odd rows


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [place for key, item in inner for place in places(item, (*path, key))]


def has_repeated_ids(document: Json) -> bool:
    if not isinstance(document, dict):
        return False
    lists = [document.get(name) for name in ("users", "groups", "apps")]
    ids = [[row.get("id") for row in rows if isinstance(row, dict)] for rows in lists if isinstance(rows, list)]
    return any(some.count(identifier) > 1 for some in ids for identifier in some)


def test_the_published_schema_is_the_packaged_one() -> None:
    assert PUBLISHED.read_text("utf-8") == PACKAGED
    Draft202012Validator.check_schema(json.loads(PACKAGED))


def test_every_member_of_the_schema_is_explained() -> None:
    schema = json.loads(PACKAGED)
    assert all("description" in member for member in schema["properties"].values())


@given(documents)
@few
def test_schema_and_code_accept_the_same_snapshots(document: Json) -> None:
    assert SCHEMA.is_valid(document)
    assert accepted_by_code(document)
    written = snapshot_bytes(parse_snapshot(json.dumps(document).encode(), "snapshot.json"))
    assert SCHEMA.is_valid(json.loads(written))


@given(documents, st.data())
@many
def test_schema_and_code_refuse_the_same_changes(document: Json, data: st.DataObject) -> None:
    changed = copy.deepcopy(document)
    *path, last = data.draw(st.sampled_from(places(changed)[1:]))
    holder = changed
    for key in path:
        holder = holder[key]
    if isinstance(holder, dict) and data.draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = data.draw(st.sampled_from(ODD_VALUES))
    assume(not has_repeated_ids(changed))
    assert accepted_by_code(changed) == SCHEMA.is_valid(changed)


def test_an_id_that_stands_twice_is_refused_though_no_schema_can_say_so() -> None:
    group = {"id": "00g1", "name": "eng", "members": []}
    assert not accepted_by_code(minimal(groups=[group, group | {"name": "ops"}]))
