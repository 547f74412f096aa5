"""The plan file: read back as written, and refused when it is anything else."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from idsync.errors import PlanError, PlanTampered
from idsync.model.directory import UpstreamCause
from idsync.model.findings import Finding
from idsync.plan import seal
from idsync.plan.assemble import summarise
from idsync.plan.changes import AccessListChange, Change, Plan, UserChange
from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.seal import sealed, write_sealed
from idsync.plan.sections import requirements, sections
from idsync.plan.steps import in_listing_order
from tests.core.replay import settled
from tests.core.world import (
    NOTHING,
    config,
    foreign_user,
    group,
    okta,
    person,
    plan,
    replace,
    with_user,
)

SETTINGS = config(
    'RoleMapping: {rules: [{group: "*", roles: ["in-$1"]}]}',
    'AccessListRules: {rules: [{group: "*", grants: {roles: [dev]}}]}',
    spec="users: {adopt: [zoe]}",
)
BEFORE = okta(person("ann"), person("bob"), person("cé\n\x1b"), group("eng", "ann", "bob"), group("ops", "bob"))
AFTER = okta(
    person("ann2", id="00u-ann", title='"quoted"'),
    person("cé\n\x1b", "SUSPENDED"),
    person("zoe"),
    group("eng", "ann", "zoe"),
)
MADE = sealed(plan(AFTER, with_user(settled(BEFORE, SETTINGS), foreign_user("zoe")), SETTINGS))
FILE = encode_plan(MADE)
SMALL = encode_plan(sealed(plan(okta(person("ann")), NOTHING)))


def test_a_plan_file_reads_back_as_the_plan() -> None:
    assert decode_plan(FILE) == MADE
    assert encode_plan(decode_plan(FILE)) == FILE


def test_r11_it_holds_a_membership_that_starts_again_for_the_next_person_of_a_name() -> None:
    later = okta(person("ann"), person("bob", id="00u-other"), group("eng", "ann", "other"), group("ops", "other"))
    made = sealed(plan(later, settled(BEFORE, SETTINGS), SETTINGS))
    renewed = [change.members_renewed for change in made.changes if isinstance(change, AccessListChange)]
    assert frozenset({"bob"}) in renewed
    assert decode_plan(encode_plan(made)) == made


def test_it_is_one_line_of_json_that_holds_its_own_digest() -> None:
    assert FILE.endswith(b"}\n")
    assert FILE.count(b"\n") == 1
    assert msgspec.json.decode(FILE)["digest"] == MADE.digest


@pytest.mark.parametrize("piece", [1, 2, 512])
def test_it_is_written_in_pieces_and_sealed_meanwhile(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(seal, "_PIECE", piece)
    written = bytearray()
    assert write_sealed(replace(MADE, digest=""), written.extend) == MADE
    assert write_sealed(MADE, written.extend) == MADE
    assert written == FILE + FILE


def test_it_holds_every_kind_of_change() -> None:
    assert {(type(change).__name__, change.action) for change in MADE.changes} == {
        ("LockChange", "create"),
        ("UserChange", "create"),
        ("UserChange", "update"),
        ("UserChange", "delete"),
        ("AccessListChange", "update"),
        ("AccessListChange", "delete"),
    }


def test_every_single_byte_of_it_counts() -> None:
    for place in range(len(SMALL)):
        for edited in (
            SMALL[:place] + SMALL[place + 1 :],
            SMALL[:place] + bytes([SMALL[place] ^ 1]) + SMALL[place + 1 :],
            SMALL[:place] + b" " + SMALL[place:],
        ):
            if edited != SMALL:
                with pytest.raises(PlanError):
                    decode_plan(edited)
    for end in (b"\n", b" ", b"x"):
        with pytest.raises(PlanError):
            decode_plan(SMALL + end)


@given(place=st.integers(0, len(FILE) - 1), byte=st.integers(0, 255))
def test_no_byte_of_a_large_one_can_be_another(place: int, byte: int) -> None:
    edited = FILE[:place] + bytes([byte]) + FILE[place + 1 :]
    if edited != FILE:
        with pytest.raises(PlanError):
            decode_plan(edited)


@given(st.binary(max_size=200))
@example(b"")
@example(b"{}")
@example(b"null")
@example(b"[" * 100_000)
@example(b'{"format_version":' + b"[" * 100_000)
@example(b'{"format_version":"1.0","digest":"\\ud800"}')
@example(b'{"format_version":"1.0","digest":"x"}')
@example(b'{"format_version":"9.0","digest":"x"}')
@example(b'{"format_version":1,"digest":"x"}')
@example(b"\xff\xfe")
@example(b"\x00")
def test_whatever_is_given_for_a_plan_is_refused_as_a_plan(data: bytes) -> None:
    with pytest.raises(PlanError) as refusal:
        decode_plan(data)
    assert refusal.value.summary
    assert refusal.value.why
    assert refusal.value.fix


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(field=st.sampled_from([name for name in Plan.__struct_fields__ if name != "digest"]), value=JSON)
def test_a_sealed_file_with_anything_in_a_field_is_refused_or_a_plan(field: str, value: object) -> None:
    raw = msgspec.json.decode(FILE)
    raw[field] = value
    data = resealed(raw)
    try:
        decode_plan(data)
    except PlanError:
        return
    assert field in ("integration", "health", "access_delta", "guards", "findings", "requires", "forgets", "both_ways")


@given(
    index=st.integers(0, len(MADE.changes) - 1),
    field=st.sampled_from(["kind", "address", "action", "before", "after", "before_fingerprint", "lifetime"]),
    value=JSON,
)
def test_a_sealed_file_with_anything_in_a_change_is_refused(index: int, field: str, value: object) -> None:
    raw = msgspec.json.decode(FILE)
    if raw["changes"][index].get(field) == value:
        return
    raw["changes"][index][field] = value
    if field == "lifetime" and ("lifetime" not in MADE.changes[index].__struct_fields__ or value is None):
        return
    if field == "lifetime" and isinstance(value, int) and value > 0:
        return
    with pytest.raises(PlanError):
        decode_plan(resealed(raw))


def resealed(raw: dict[str, object]) -> bytes:
    """The bytes that somebody would write who knows how the digest is made."""
    import hashlib

    body = msgspec.json.encode({name: value for name, value in raw.items() if name != "digest"} | {"digest": ""})
    digest = "sha256:" + hashlib.sha256(body).hexdigest()
    return body.removesuffix(b'"}') + digest.encode() + b'"}\n'


TOLD = encode_plan(
    sealed(replace(MADE, findings=(Finding("news", "info", "Something.", (UpstreamCause("user", "00u-ann"),)),)))
)
GAINER = next(place for place, delta in enumerate(MADE.access_delta) if delta.gains)
ADDED: list[tuple[str | int, ...]] = [
    (),
    ("health",),
    ("summary",),
    ("summary", "member"),
    ("access_delta", 0),
    ("access_delta", GAINER, "gains", 0),
    ("guards", 0),
    ("findings", 0),
    ("findings", 0, "causes", 0),
]


@pytest.mark.parametrize("place", ADDED, ids=str)
def test_a_later_minor_version_may_add_to_what_is_for_people(place: tuple[str | int, ...]) -> None:
    decoded = decode_plan(_with_news(place))
    assert decoded.changes == MADE.changes
    assert decoded.inputs == MADE.inputs


EXECUTED: list[tuple[str | int, ...]] = [
    ("inputs",),
    ("inputs", "measures"),
    ("inputs", "measures", "lists", "00g-eng"),
    *(("changes", place) for place in range(len(MADE.changes))),
    *(("changes", place, "causes", 0) for place, change in enumerate(MADE.changes) if change.causes),
    *(("changes", place, "before") for place, change in enumerate(MADE.changes) if change.before),
    *(("changes", place, "after", "spec") for place, change in enumerate(MADE.changes) if change.after),
]


@pytest.mark.parametrize("place", EXECUTED, ids=str)
def test_what_is_executed_must_be_understood_whole(place: tuple[str | int, ...]) -> None:
    with pytest.raises(PlanError) as refusal:
        decode_plan(_with_news(place))
    assert "understand" in refusal.value.summary
    assert "pgrade" in refusal.value.fix


def test_a_field_that_is_there_twice_is_refused_in_what_is_executed() -> None:
    (name,) = [change.address for change in MADE.changes if isinstance(change, UserChange) and not change.before]
    once = f'"address":"{name}"'.encode()
    twice = FILE.replace(once, b'"address":"user/somebody",' + once, 1)
    with pytest.raises(PlanError, match="more than this idsync understands"):
        decode_plan(_with_its_digest(twice))


def _with_news(place: tuple[str | int, ...]) -> bytes:
    raw = msgspec.json.decode(TOLD)
    raw["format_version"] = "1.7"
    inside = raw
    for step in place:
        inside = inside[step]
    if isinstance(inside, list):
        inside.append("news")
    else:
        inside["news"] = {"x": 1}
    return resealed(raw)


def _with_its_digest(data: bytes) -> bytes:
    """The file with the digest of what it holds now."""
    import hashlib

    body = data[: data.rindex(b'"digest":"')] + b'"digest":"'
    return body + b"sha256:" + hashlib.sha256(body + b'"}').hexdigest().encode() + b'"}\n'


@pytest.mark.parametrize("required", [["telepathy"], ["targets", "telepathy"]])
def test_a_plan_that_requires_what_is_not_known_is_refused_by_name(required: list[str]) -> None:
    raw = msgspec.json.decode(FILE) | {"requires": required}
    with pytest.raises(PlanError, match='"telepathy"') as refusal:
        decode_plan(resealed(raw | {"later": {"shape": 1}}))
    assert "Upgrade idsync" in refusal.value.fix
    assert "targets" not in refusal.value.summary


def test_a_plan_for_one_target_requires_nothing_and_says_nothing_of_targets() -> None:
    assert b'"requires"' not in FILE
    assert b'"serials"' not in FILE
    assert b'"target":' not in FILE.replace(b'"target":{', b"")


def test_a_plan_for_several_targets_says_so() -> None:
    made = _for_two_targets()
    assert made.requires == ("targets",)
    assert decode_plan(encode_plan(made)) == made


@pytest.mark.parametrize("field", ["requires", "serials"])
def test_a_plan_for_several_targets_that_does_not_say_so_is_refused(field: str) -> None:
    made = _for_two_targets()
    bare = replace(made, requires=UNSET) if field == "requires" else _with_serials(made, UNSET)
    with pytest.raises(PlanTampered):
        decode_plan(encode_plan(sealed(bare)))


def test_sections_are_a_plan_by_target() -> None:
    (only,) = sections(MADE)
    assert (only.target, only.serial, only.changes) == ("", MADE.inputs.target_serial, MADE.changes)
    assert (only.access_delta, only.guards) == (MADE.access_delta, MADE.guards)
    made = _for_two_targets()
    first, second = sections(made)
    assert (first.target, second.target, second.serial) == ("", "teleport", 7)
    assert first.changes == MADE.changes
    assert second.changes == tuple(replace(change, target="teleport") for change in MADE.changes)
    assert len(first.access_delta) + len(second.access_delta) == len(made.access_delta)
    assert [result.guard for result in second.guards] == ["user_deletes"]


def test_a_target_without_changes_has_a_section_too() -> None:
    (first, second) = sections(_with_serials(MADE, {"teleport": 9}))
    assert (first.changes, second.target, second.serial, second.changes) == (MADE.changes, "teleport", 9, ())


def _for_two_targets() -> Plan:
    there = tuple(replace(change, target="teleport") for change in MADE.changes)
    changes = in_listing_order((*there, *MADE.changes))
    made = replace(
        MADE,
        changes=changes,
        summary=summarise(changes),
        access_delta=(*MADE.access_delta, replace(MADE.access_delta[0], target="teleport")),
        guards=(*MADE.guards, replace(MADE.guards[0], target="teleport")),
        requires=requirements(changes),
    )
    return sealed(_with_serials(made, {"teleport": 7}))


def _with_serials(made: Plan, serials: dict[str, int] | UnsetType) -> Plan:
    return replace(made, inputs=replace(made.inputs, serials=serials))


def test_another_major_version_is_refused_and_says_so() -> None:
    with pytest.raises(PlanError, match=r"format 2\.0"):
        decode_plan(encode_plan(sealed(replace(MADE, format_version="2.0"))))


def _tampered(**fields: Any) -> bytes:
    return encode_plan(sealed(replace(MADE, **fields)))


def _changes(index: int, **fields: Any) -> tuple[Change, ...]:
    made = list(MADE.changes)
    made[index] = replace(made[index], **fields)
    return tuple(made)


def _index(kind: str, action: str) -> int:
    return next(
        place for place, item in enumerate(MADE.changes) if (type(item).__name__, item.action) == (kind, action)
    )


DELETE, LOCK = _index("UserChange", "delete"), _index("LockChange", "create")
UPDATE, LISTS = _index("UserChange", "update"), _index("AccessListChange", "update")
FOREIGN = foreign_user(MADE.changes[DELETE].address.removeprefix("user/"))
BAD: dict[str, dict[str, Any]] = {
    "counts": {"summary": replace(MADE.summary, user=replace(MADE.summary.user, delete=9))},
    "left out": {"changes": MADE.changes[1:]},
    "order": {"changes": MADE.changes[::-1]},
    "twice": {"changes": (*MADE.changes, MADE.changes[-1])},
    "address": {"changes": _changes(DELETE, address="user/somebody")},
    "kind": {"changes": _changes(DELETE, address="lock/x")},
    "fingerprint": {"changes": _changes(DELETE, before_fingerprint="0" * 32)},
    "no fingerprint": {"changes": _changes(DELETE, before_fingerprint=None)},
    "added and removed": {"changes": _changes(LISTS, members_added=("x",), members_removed=("x",))},
    "no change of a list": {
        "changes": _changes(LISTS, after=MADE.changes[LISTS].before, members_added=(), members_removed=())
    },
    "no change of a user": {"changes": _changes(UPDATE, after=MADE.changes[UPDATE].before)},
    "endless lock": {"changes": _changes(LOCK, lifetime=10**18)},
    "past lock": {"changes": _changes(LOCK, lifetime=-1)},
}


@pytest.mark.parametrize("what", BAD)
def test_a_sealed_plan_that_does_not_hang_together_is_refused(what: str) -> None:
    with pytest.raises(PlanTampered):
        decode_plan(_tampered(**BAD[what]))


def test_the_message_does_not_repeat_what_is_in_the_file() -> None:
    with pytest.raises(PlanError) as refusal:
        decode_plan(FILE.replace(b"ann", b"hacked", 1))
    assert "hacked" not in f"{refusal.value.summary}{refusal.value.why}{refusal.value.fix}"
