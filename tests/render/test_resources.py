"""What `get` prints reads back as the same resources, and is a table for people."""

import json
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from idsync.cli.resource_files import read_resources
from idsync.model.resources import (
    AccessList,
    AccessListMember,
    Lock,
    Membership,
    Metadata,
    User,
    member,
    user,
)
from idsync.model.revisions import AnyResource
from idsync.render.resources import render_json, render_text, render_yaml
from idsync.render.style import COLOUR
from tests.effort import examples
from tests.render.plans import HOSTILE, make_list, make_lock, make_user
from tests.render.strategies import TEXT, values_of

RESOURCES = st.lists(st.one_of(*map(values_of, (User, Lock, AccessList, AccessListMember))), max_size=4)
LOOKALIKES = [
    *("no", "Yes", "ON", "null", "~", "", " ", "012", "0o14", "0x1F", "1e3", "12e03", ".5", "-.inf", ".NaN", "1:30"),
    *("1_000", "2026-01-01", "2026-01-01T00:00:00Z", "- a", "? a", "a: b", "a #b", "#a", "&a", "*a", "!a", "%a", "@a"),
    *("`a", "|", ">", "{}", "[]", "'a'", '"a"', "---", "...", "<<", "=", "a\tb", "a\nb\n", "\x85", "\u2028", "\ufeff"),
    *("\x7f", "😀", "e\u0301", "a:", "a\\nb", "\x1b[0m"),
]


def plain(resources: list[Any]) -> Any:
    return json.loads(msgspec.json.encode(resources))


@settings(max_examples=examples(270), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RESOURCES)
def test_any_resources_read_back_from_yaml_and_json(resources: list[Any]) -> None:
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        assert list(yaml.load_all(render_yaml(resources), Loader=loader)) == plain(resources)
    assert json.loads(render_json(resources)) == plain(resources)


@given(st.lists(st.one_of(TEXT, st.sampled_from(LOOKALIKES)), min_size=1, max_size=5))
def test_text_that_looks_like_another_type_stays_text(texts: list[str]) -> None:
    resource = make_user("a", tuple(texts), {text: (text,) for text in texts})
    assert yaml.safe_load(render_yaml([resource])) == plain([resource])[0]


@pytest.mark.parametrize("text", LOOKALIKES)
def test_what_get_prints_create_reads(text: str) -> None:
    resource = make_user("a", ("dev",), {"okta/title": (text,), "t" * 3_000: ("v",)})
    assert read_resources(render_yaml([resource]).encode(), "people.yaml") == [resource]
    assert read_resources(render_json([resource]).encode(), "people.json") == [resource]


def test_yaml_reads_well() -> None:
    resource = replace(make_list("00g1", "Engineering", ("dev",)), metadata=Metadata("eng", revision="00ff"))
    assert render_yaml([resource]) == (
        "kind: access_list\nversion: v1\nmetadata:\n  name: eng\n  revision: \"00ff\"\nspec:\n  title: Engineering\n"
        "  owners:\n  - name: alice@x.com\n  grants:\n    roles:\n    - dev\n"
    )  # fmt: skip


def test_json_is_an_array_of_none_one_and_more() -> None:
    assert render_json([]) == "[]\n"
    assert len(json.loads(render_json([make_user("a")]))) == 1
    assert [each["kind"] for each in json.loads(render_json([make_user("a"), make_lock("a")]))] == ["user", "lock"]


def test_labels_come_in_one_order_whatever_theirs() -> None:
    one = user(Metadata("a", labels={"x": "1", "a": "2"}), make_user("a").spec)
    other = user(Metadata("a", labels={"a": "2", "x": "1"}), make_user("a").spec)
    assert render_yaml([one]) == render_yaml([other])
    assert render_json([one]) == render_json([other])


def test_tables_are_aligned_and_one_for_each_kind() -> None:
    there: list[AnyResource] = [
        make_user("山田", ("dev", "ops")),
        make_user("hiro@x.com", ()),
        make_lock("raven@x.com"),
        make_list("00g1", "Engineering", ("dev",)),
        member("00g1", "hiro@x.com", Membership(expires="2027-01-01T00:00:00Z", reason="on call")),
        member("00g1", "vic@x.com", Membership()),
    ]
    assert render_text(there).splitlines() == [
        "user        roles     origin",
        "山田        dev, ops  okta",
        "hiro@x.com            okta",
        "",
        "lock                                  on                until         origin",
        f"{make_lock('raven@x.com').metadata.name}  user raven@x.com  until lifted  okta",
        "",
        "access list  title        roles  owners       origin",
        "00g1         Engineering  dev    alice@x.com  okta",
        "",
        "access list  member      until                 reason",
        "00g1         hiro@x.com  2027-01-01T00:00:00Z  on call",
        "00g1         vic@x.com",
    ]


def test_an_empty_directory_says_so_in_text_and_is_empty_in_yaml() -> None:
    assert render_text([]) == "Nothing found.\n"
    assert render_yaml([]) == ""


def test_hostile_names_stay_in_their_row() -> None:
    lines = render_text([make_user(HOSTILE, (HOSTILE,)), make_list("l", HOSTILE)]).splitlines()
    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)


def test_the_heading_is_painted() -> None:
    assert render_text([make_user("a")], COLOUR).startswith("\x1b[1muser")
