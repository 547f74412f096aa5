"""The door for resources: what is valid comes in whole, anything else is explained."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.diagnostics import Position
from idsync.edit.resource_input import parse_resource
from idsync.errors import ResourceError
from idsync.model.resources import Membership, member
from tests.effort import examples
from tests.targets import world
from tests.targets.world import our_list, our_lock, our_user

USER: dict[str, Any] = {"kind": "user", "version": "v2", "metadata": {"name": "bot"}, "spec": {"roles": ["ci"]}}
LOCK: dict[str, Any] = {"kind": "lock", "version": "v2", "metadata": {"name": "l"}, "spec": {"target": {"user": "x"}}}
LIST: dict[str, Any] = {"kind": "access_list", "version": "v1", "metadata": {"name": "l"}, "spec": {"title": "T"}}
MEMBER: dict[str, Any] = {
    "kind": "access_list_member",
    "version": "v1",
    "metadata": {"name": "hiro"},
    "spec": {"access_list": "l", "name": "hiro"},
}


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy of a document with one value changed."""
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    place = copy
    *parents, last = path.split(".")
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return copy


@pytest.mark.parametrize(
    "resource",
    [
        our_user("hiro"),
        our_lock("l", expires="2027-01-01T00:00:00Z"),
        our_list("00g1"),
        member("l", "a/b", Membership(reason="x")),
    ],
)
def test_what_get_prints_comes_back_as_it_was(resource: Any) -> None:
    assert parse_resource(msgspec.to_builtins(resource)) == resource


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "This is not a resource."),
        ([USER], "This is not a resource."),
        ("user", "This is not a resource."),
        ({}, "This resource has no kind."),
        (changed(USER, "kind", "usr"), "'usr' is not a kind of resource."),
        (changed(USER, "kind", 7), "7 is not a kind of resource."),
        (changed(USER, "kind", ["user"]), "['user'] is not a kind of resource."),
        (changed(USER, "version", "v3"), "This user is not valid."),
        (changed(USER, "roles", ["ci"]), "This user is not valid."),
        (changed(USER, "spec.role", ["ci"]), "This user is not valid."),
        (changed(USER, "spec.roles", "ci"), "This user is not valid."),
        (changed(USER, "metadata.labels", {"a": 1}), "This user is not valid."),
        (changed(USER, "metadata.name", ""), "user/ makes no sense."),
        (changed(USER, "metadata.name", "a\0b"), "This user holds characters that are not text."),
        (changed(USER, "metadata.expires", "tomorrow"), "user/bot makes no sense."),
        (changed(USER, "spec.expires", "2027-01-01T00:00:00"), "user/bot makes no sense."),
        (changed(LOCK, "spec.target", {}), "lock/l makes no sense."),
        (changed(LOCK, "spec.expires", "30h"), "lock/l makes no sense."),
        (changed(LIST, "metadata.name", "a/b"), "access_list/a/b makes no sense."),
        (changed(LIST, "spec.title", ""), "access_list/l makes no sense."),
        (changed(LIST, "spec.audit", {"next_audit_date": "soon"}), "access_list/l makes no sense."),
        (changed(LIST, "spec.owners", [{"name": ""}]), "access_list/l makes no sense."),
        (changed(LIST, "spec.owners", [{"name": "a"}, {"name": "a"}]), "access_list/l makes no sense."),
        (changed(LIST, "spec.owners", [{"name": "a", "membership_kind": "user"}]), "access_list/l makes no sense."),
        (changed(MEMBER, "metadata.name", "other"), "access_list_member/l/hiro makes no sense."),
        (changed(MEMBER, "spec.access_list", ""), "access_list_member//hiro makes no sense."),
        (changed(MEMBER, "spec.membership_kind", "GROUP"), "access_list_member/l/hiro makes no sense."),
        (changed(MEMBER, "spec.joined", "yesterday"), "access_list_member/l/hiro makes no sense."),
    ],
)
def test_a_mistake_is_said_with_why_and_how_to_fix_it(document: object, said: str) -> None:
    with pytest.raises(ResourceError) as caught:
        parse_resource(document)
    assert caught.value.summary == said
    assert caught.value.why
    assert caught.value.fix


def test_an_unknown_field_is_named_with_its_place() -> None:
    with pytest.raises(ResourceError) as caught:
        parse_resource(changed(USER, "spec.role", ["ci"]))
    assert "`role`" in caught.value.why
    assert "$.spec" in caught.value.why


def test_a_near_miss_of_a_kind_is_suggested() -> None:
    with pytest.raises(ResourceError) as caught:
        parse_resource(changed(LIST, "kind", "acces_list"))
    assert caught.value.fix == "Did you mean access_list?"


def test_half_a_surrogate_pair_is_not_text() -> None:
    with pytest.raises(ResourceError, match="not text"):
        parse_resource({**USER, "metadata": {"name": "\ud800"}})


def test_a_mistake_points_at_its_document() -> None:
    with pytest.raises(ResourceError) as caught:
        parse_resource({}, position=Position("users.yaml", 7, 1))
    assert str(caught.value.position) == "users.yaml:7:1"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(world.HOSTILE_NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
places = st.sampled_from(
    ["kind", "version", "metadata", "metadata.name", "metadata.labels", "metadata.expires", "spec", "spec.roles",
     "spec.traits", "spec.owners", "spec.audit", "spec.target", "spec.title", "spec.name", "spec.joined", "spec.new"]
)  # fmt: skip


@settings(max_examples=examples(1000))
@given(st.sampled_from([USER, LOCK, LIST, MEMBER]), places, json_values)
def test_anything_at_all_is_a_resource_or_a_resource_error(document: dict[str, Any], place: str, value: object) -> None:
    try:
        resource = parse_resource(changed(document, place, value))
    except ResourceError as error:
        explained = bool(error.summary and error.why and error.fix)
    else:
        explained = parse_resource(msgspec.to_builtins(resource)) == resource
    assert explained
