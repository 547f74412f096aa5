"""Resources as people and scripts write them: a JSON array, a JSON object, or YAML documents; every one is checked."""

import re
from collections.abc import Iterator

import msgspec

from idsync.config.composer import Budget, compose
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, follow, key_position, plain
from idsync.diagnostics import Position
from idsync.edit.resource_input import check_resource, parse_resource
from idsync.errors import ResourceError
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import DirectoryState
from idsync.model.exported_state import KIND, ExportedState, StateSpec
from idsync.model.plain_resources import App, Plains, Role, UserGroup
from idsync.model.resources import AccessList, AccessListMember, Lock, Membership, User, membership_of
from idsync.model.revisions import SHAPES, AnyResource, address_of, without_revision
from idsync.targets.given import GivenDirectory

Told = AnyResource | StateSpec
"""What a file says: a resource, or what `get all` says of the directory as a whole."""

_PATH = re.compile(r" - at `\$([^`]*)`")
_FIELD = re.compile(r"unknown field `([^`]*)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_MAX_VALUES = 3_000_000


class _Head(msgspec.Struct):
    kind: str = ""


def read_resources(data: bytes, file: str) -> list[AnyResource]:
    """Every resource in a file; raises ResourceError at the first that is none, with its place.

    What `get all` says of the directory as a whole is left out, since nobody creates it.
    """
    return [each for each in _read(data, file) if not isinstance(each, StateSpec)]


def read_directory(data: bytes, file: str) -> GivenDirectory:
    """The directory in a file of `get all`, with what its last element says of it; raises ResourceError."""
    resources: list[AnyResource] = []
    exported: StateSpec | None = None
    for each in _read(data, file):
        if not isinstance(each, StateSpec):
            resources.append(each)
        elif exported is None:
            exported = each
        else:
            raise ResourceError(
                f"{KIND} stands there twice.",
                why="A file holds one directory, and the two may differ.",
                fix="Give the output of one `idsync get all --format json`.",
            )
    return directory_of(resources, exported)


def _read(data: bytes, file: str) -> list[Told]:
    if data.lstrip()[:1] in (b"[", b"{"):
        try:
            return list(_from_json(data, Position(file)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # YAML may begin so, too; and where JSON is broken, its reader knows the place
    return list(_from_yaml(data, file))


def directory_of(resources: list[AnyResource], exported: StateSpec | None = None) -> GivenDirectory:
    """The directory that `get all --format json` printed; raises ResourceError for what no directory holds."""
    users: dict[str, User] = {}
    locks: dict[str, Lock] = {}
    lists: dict[str, AccessList] = {}
    members: dict[str, dict[str, Membership]] = {}
    memberships: list[AccessListMember] = []
    plain: Plains = {}
    for resource in map(without_revision, resources):
        name = resource.metadata.name
        match resource:
            case User():
                repeated = users.setdefault(name, resource) is not resource
            case Lock():
                repeated = locks.setdefault(name, resource) is not resource
            case AccessList():
                repeated = lists.setdefault(name, resource) is not resource
                members[name] = {}
            case AccessListMember():
                repeated = False
                memberships.append(resource)
            case Role() | App() | UserGroup():
                repeated = plain.setdefault(address_of(resource), resource) is not resource
        if repeated:
            raise ResourceError(
                f"{resource.kind}/{name} stands there twice.",
                why="A directory holds one object of a name, and the two may differ.",
                fix="Keep one of the two.",
            )
    for membership in memberships:
        of_list = members.get(membership.spec.access_list)
        if of_list is None:
            raise ResourceError(
                f"{membership.spec.name} is a member of {membership.spec.access_list}, a list that is not there.",
                why="A plan from a part of the directory would create the rest again.",
                fix="Give the whole output of `idsync get all --format json`.",
            )
        of_list[membership.spec.name] = membership_of(membership)
    return GivenDirectory(DirectoryState(users, locks, lists, dict(members), plain), exported)


def _from_json(data: bytes, place: Position) -> Iterator[Told]:
    raws = _ARRAY.decode(data) if data.lstrip()[:1] == b"[" else [msgspec.Raw(data)]
    for raw in raws:
        yield _from_raw(raw, place)


def _from_raw(raw: msgspec.Raw, place: Position) -> Told:
    """Decode straight into the kind's shape; what does not fit goes the slow way, which explains why."""
    try:
        kind = msgspec.json.decode(raw, type=_Head).kind
        if kind == KIND:
            return _state_in(raw, place)
        resource = msgspec.json.decode(raw, type=SHAPES[kind])
    except (msgspec.ValidationError, KeyError):
        return parse_resource(msgspec.json.decode(raw), position=place)
    try:
        check_resource(resource)
    except ResourceError as error:
        error.position = place
        raise
    return resource


def _state_in(raw: msgspec.Raw, place: Position) -> StateSpec:
    try:
        return msgspec.json.decode(raw, type=ExportedState).spec
    except msgspec.DecodeError as error:
        raise ResourceError(
            f"What {KIND} says of the directory cannot be read.",
            why=f"{error}.",
            fix="Write the file again with `idsync get all --format json`, by this version of idsync.",
            position=place,
        ) from error


def _from_yaml(data: bytes, file: str) -> Iterator[Told]:
    for document in _documents(data, file):
        value = plain(document)
        if isinstance(value, dict) and value.get("kind") == KIND:
            yield _state_in(msgspec.Raw(canonical_bytes(value)), document.position)
        else:
            yield _from_node(document)


def _documents(data: bytes, file: str) -> Iterator[Node]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ResourceError("This is not UTF-8 text.", fix="Save it as UTF-8.", position=Position(file)) from error
    mistakes = Mistakes()
    for document in compose(text, file, mistakes, Budget(_MAX_VALUES)):
        if not mistakes.found:
            yield document
    if mistakes.found:
        first = mistakes.found[0]
        raise ResourceError(
            f"{first.summary[:1].upper()}{first.summary[1:]}.", why=first.why, fix=first.fix, position=first.position
        )


def _from_node(document: Node) -> AnyResource:
    try:
        return parse_resource(plain(document), position=document.position)
    except ResourceError as error:
        named = _PATH.search(error.why)
        if named is not None:
            steps = [name or int(number) for name, number in _STEP.findall(named[1])]
            place = follow(document, steps)
            field = _FIELD.search(error.why)
            error.position = (key_position(place, field[1]) if field else None) or place.position
            error.why = _PATH.sub("", error.why)
        raise
