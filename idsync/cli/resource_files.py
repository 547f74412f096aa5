"""Resources as people and scripts write them: a JSON array, JSON objects, or YAML documents; every one is checked."""

import re
from collections.abc import Iterator

import msgspec

from idsync.config.codes import Mistakes
from idsync.config.composer import Budget, compose
from idsync.config.nodes import Node, follow, plain
from idsync.diagnostics import Position
from idsync.errors import ResourceError
from idsync.model.directory import DirectoryState
from idsync.model.resources import AccessList, AccessListMember, Lock, Membership, Resource, User, membership_of
from idsync.targets.given import GivenDirectory

Written = Resource | AccessListMember
KINDS: dict[str, type[Written]] = {
    "user": User,
    "lock": Lock,
    "access_list": AccessList,
    "access_list_member": AccessListMember,
}
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_BUDGET = 3_000_000


class _Kind(msgspec.Struct):
    kind: str = ""


def read_resources(data: bytes, file: str) -> list[Written]:
    """Every resource in a file; raises ResourceError at the first that is none, with its place."""
    start = data.lstrip()[:1]
    return list(_from_json(data, file, array=start == b"[") if start in (b"[", b"{") else _from_yaml(data, file))


def directory_of(resources: list[Written]) -> GivenDirectory:
    """The directory that `get all --format json` printed; raises ResourceError for what no directory holds."""
    users: dict[str, User] = {}
    locks: dict[str, Lock] = {}
    lists: dict[str, AccessList] = {}
    members: dict[str, dict[str, Membership]] = {}
    memberships: list[AccessListMember] = []
    for resource in resources:
        match resource:
            case User():
                _keep(users, resource)
            case Lock():
                _keep(locks, resource)
            case AccessList():
                _keep(lists, resource)
                members[resource.metadata.name] = {}
            case AccessListMember():
                memberships.append(resource)
    for membership in memberships:
        of_list = members.get(membership.spec.access_list)
        if of_list is None:
            raise ResourceError(
                f"{membership.spec.name} is a member of {membership.spec.access_list}, a list that is not there.",
                fix="Give the whole output of `idsync get all --format json`.",
            )
        of_list[membership.spec.name] = membership_of(membership)
    return GivenDirectory(DirectoryState(users, locks, lists, dict(members)))


def _keep(found: dict[str, "User"] | dict[str, "Lock"] | dict[str, "AccessList"], resource: Resource) -> None:
    name = resource.metadata.name
    if name in found:
        raise ResourceError(f"{resource.kind}/{name} stands there twice.", fix="Keep one of the two.")
    bare = msgspec.structs.replace(resource.metadata, revision=None)
    found[name] = msgspec.structs.replace(resource, metadata=bare)  # type: ignore[assignment]


def _from_json(data: bytes, file: str, *, array: bool) -> Iterator[Written]:
    try:
        raws = _ARRAY.decode(data) if array else [msgspec.Raw(data)]
        for raw in raws:
            kind = msgspec.json.decode(raw, type=_Kind).kind
            yield msgspec.json.decode(raw, type=_shape(kind, Position(file)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(str(error), Position(file)) from error


def _from_yaml(data: bytes, file: str) -> Iterator[Written]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _refusal("it is not UTF-8 text", Position(file)) from error
    mistakes = Mistakes()
    for document in compose(text, file, mistakes, Budget(_BUDGET)):
        if not mistakes.found:
            yield _from_node(document)
    if mistakes.found:
        first = mistakes.found[0]
        raise ResourceError(first.summary, why=first.why, fix=first.fix, position=first.position)


def _from_node(document: Node) -> Written:
    value = plain(document)
    kind = value.get("kind") if isinstance(value, dict) else None
    shape = _shape(kind if isinstance(kind, str) else "", document.position)
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        steps = [name or int(number) for name, number in _STEP.findall(path)]
        raise _refusal(message, follow(document, steps).position) from error


def _shape(kind: str, position: Position) -> type[Written]:
    if kind not in KINDS:
        raise ResourceError(
            f"There is no kind {kind!r}." if kind else "A resource has no kind.",
            why="The kind says what a resource may hold.",
            fix=f"Write one of {', '.join(KINDS)}.",
            position=position,
        )
    return KINDS[kind]


def _refusal(why: str, position: Position) -> ResourceError:
    return ResourceError(
        "This is not a resource.",
        why=f"{why.rstrip('.')}.",
        fix="Compare with what `idsync get KIND/NAME` prints.",
        position=position,
    )
