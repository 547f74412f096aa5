"""A PATCH of a resource (RFC 7644 §3.5.2): the library changes what a schema declares, and drops the rest, which is
changed here.

Attributes that no schema declares are kept as they come, in a PATCH as in a push that is whole.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from inspect import isclass
from typing import Any, NamedTuple, TypeGuard, cast
from unicodedata import normalize

from scim2_models import (
    BaseModel,
    InvalidPathException,
    Mutability,
    MutabilityException,
    NoTargetException,
    PatchOp,
    PatchOperation,
    Path,
    Resource,
)

from idsync.model.canonical import canonical_bytes
from idsync.server.scim.schemaless import Object, Step, Steps, put, remove
from idsync.server.scim.schemaless_filters import spelled

_VERSION = r":\d+(?:\.\d+)*"
_OF_A_VERSION = re.compile(rf"{_VERSION}\Z")
_OF_A_TYPE = re.compile(rf"{_VERSION}:[^:]+\Z")
"""How names of schemas end, as RFC 7643 §10.3 has them: a version, and the resource type."""


def apply_patch(patch: "PatchOp[Any]", resource: Resource[Any]) -> None:
    """Change a resource in place, one operation after another; one that is raised of may be changed in part.

    Raises SCIMException.
    """
    declared: list[PatchOperation[Any]] = []
    paths: type[Path[Any]] = cast(Any, Path)[type(resource)]
    for operation in patch.operations or ():
        for change in _changes(operation, paths):
            if isinstance(change, PatchOperation):
                declared.append(change)
                continue
            _apply_declared(patch, declared, resource)
            declared = []
            change.make(patch, resource)
    _apply_declared(patch, declared, resource)


class _Undeclared(NamedTuple):
    """What an operation says of an attribute that no schema declares: at a path, or at a name that cannot be one and
    stands at a path that is declared.
    """

    operation: "PatchOperation[Any]"
    path: Path[Any]
    name: str | None
    value: Any

    def make(self, patch: "PatchOp[Any]", resource: Resource[Any]) -> None:
        """Change it. Raises SCIMException."""
        place, steps = (self.path, [Step(self.name)]) if self.name is not None else self._place(resource)
        _refuse_read_only(place)
        removes = self.operation.op is PatchOperation.Op.remove
        is_add = self.operation.op is PatchOperation.Op.add
        for holder in _holders(place, resource, self.operation, patch):
            if removes:
                remove(holder, steps, self.value)
            else:
                put(holder, steps, self.value, is_add=is_add)
        if place.model is type(resource):
            _list_schema(resource, steps[0].name)

    def _place(self, resource: Resource[Any]) -> tuple[Path[Any], Steps]:
        """What schemas declare of the path, and the steps from there."""
        paths, schema = type(self.path), self.path.schema
        name, *part = self.path.parts
        own = "" if schema is None else _declared_schema(schema, resource)
        if own is None:
            if _declared_schema(f"{schema}:{name}", resource) is not None:
                raise InvalidPathException(
                    detail=f"{schema}:{name} is a schema, and its attributes stand behind a colon."
                )
            return paths(""), self._steps_of_extension(resource)
        attribute = paths(f"{own}:{name}" if own else name)
        binding = attribute.resolve()
        if binding is None:
            return paths(own), [Step(name, self.path.value_filter), *(Step(each) for each in part)]
        if not _is_model(binding.field_type):
            raise InvalidPathException(detail=f"{attribute} has no parts.")
        chosen = self.path.value_filter
        return (attribute if chosen is None else paths(f"{attribute}[{chosen}]")), [Step(each) for each in part]

    def _steps_of_extension(self, resource: Resource[Any]) -> Steps:
        """Whether a name is that of an extension or of an attribute in it, does not show: what the resource has tells,
        then how schemas are named, and then whether the value has parts.
        """
        schema, (name, *part) = str(self.path.schema), self.path.parts
        known = {each.casefold() for each in (*resource.unknown_attributes, *resource.schemas)}
        whole, chosen = f"{schema}:{name}", self.path.value_filter
        if whole.casefold() in known:
            is_whole = True
        elif schema.casefold() in known or _OF_A_TYPE.search(schema):
            is_whole = False
        else:
            has_parts = isinstance(self.value, dict) and not part and chosen is None
            is_whole = has_parts or _OF_A_VERSION.search(schema) is not None
        steps = [Step(whole, chosen)] if is_whole else [Step(schema), Step(name, chosen)]
        return [*steps, *(Step(each) for each in part)]


class _SameEntries(NamedTuple):
    """Entries that were added to an attribute of many values, and which the library takes for those that are there
    where they differ in nothing that a schema declares.
    """

    path: Path[Any]
    entries: list[Any]

    def make(self, patch: "PatchOp[Any]", resource: Resource[Any]) -> None:
        """Give those that are there what no schema declares."""
        del patch
        there = {_declared_parts(each): each for each in self.path.get(resource) or ()}
        for each in self.entries:
            entry = type(next(iter(there.values()))).model_validate(deepcopy(each))
            for name, value in entry.unknown_attributes.items():
                put(there[_declared_parts(entry)].unknown_attributes, [Step(name)], value, is_add=True)


def _changes(
    operation: "PatchOperation[Any]", paths: type[Path[Any]]
) -> "Iterator[PatchOperation[Any] | _Undeclared | _SameEntries]":
    """What an operation changes, by who changes it: what is an operation again is the library's."""
    path = paths(operation.path or "")
    if not _is_declared(path):
        yield _Undeclared(operation, path, None, operation.value)
        return
    if operation.op is PatchOperation.Op.remove:
        yield operation
        return
    value, others = _parted(operation, path, operation.value)
    if value or not others:
        yield operation.model_copy(update={"value": value}) if others else operation
    yield from others


def _parted(operation: "PatchOperation[Any]", path: Path[Any], value: Any) -> tuple[Any, list[Any]]:
    """What schemas declare of a value at a path, and the other changes that it asks for."""
    prefix = _prefix(path)
    if prefix is None:
        entries = _entries_with_more(path, value) if operation.op is PatchOperation.Op.add else []
        return value, [_SameEntries(path, entries)] if entries else []
    if not isinstance(value, dict):
        return value, []
    declared: Object = {}
    others: list[Any] = []
    for name, item in value.items():
        inner = _inner(path, prefix + name)
        if inner is None:
            others.append(_Undeclared(operation, path, name, item))
        elif not _is_declared(inner):
            others.append(_Undeclared(operation, inner, None, item))
        elif inner.value_filter != path.value_filter:
            others.extend(_changes(operation.model_copy(update={"path": inner, "value": item}), type(path)))
        else:
            part, more = _parted(operation, inner, item)
            others += more
            if part or not more:
                declared[name] = part
    return declared, others


def _entries_with_more(path: Path[Any], value: Any) -> list[Object]:
    """Entries of an attribute of many values that have what no schema declares."""
    binding = path.resolve()
    if binding is None or binding.sub_field_name is not None or not _is_model(binding.field_type):
        return []
    entries = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
    names = {name for each in entries for name in each}
    more = {name for name in names if (inner := _inner(path, f"{path}.{name}")) is None or not _is_declared(inner)}
    return [each for each in entries if not more.isdisjoint(each)]


def _apply_declared(patch: "PatchOp[Any]", operations: "list[PatchOperation[Any]]", resource: Resource[Any]) -> None:
    """Let the library change what schemas declare; an extension that is not listed any more goes (RFC 7643 §3)."""
    listed = set(resource.schemas)
    if operations:
        patch.model_copy(update={"operations": operations}).patch(resource)
    for schema in listed - set(resource.schemas):
        resource.unknown_attributes.pop(spelled(resource.unknown_attributes, schema), None)


def _holders(place: Path[Any], resource: Resource[Any], operation: "PatchOperation[Any]", patch: Any) -> list[Object]:
    """What no schema declares of each object at a declared path; of one that is to be made, where it is not there."""
    if place.model is type(resource):
        return [resource.unknown_attributes]
    found = place.get(resource)
    if not found and operation.op is not PatchOperation.Op.remove:
        binding = place.resolve()
        if place.value_filter is not None:
            made = operation.model_copy(update={"op": PatchOperation.Op.add, "path": place, "value": {}})
            _apply_declared(patch, [made], resource)
        elif binding is not None and binding.is_multivalued:
            raise NoTargetException(detail=f"{place} has no value.")
        else:
            place.set(resource, {})
        found = place.get(resource)
    return [each.unknown_attributes for each in (found if isinstance(found, list) else [found]) if each is not None]


def _refuse_read_only(place: Path[Any]) -> None:
    binding = place.resolve()
    if binding is not None and binding.get_annotation(Mutability) is Mutability.read_only:
        raise MutabilityException(attribute=str(place), detail=f"{place} is read-only.")


def _list_schema(resource: Resource[Any], name: str) -> None:
    """Let a resource list the schema of an extension that it has, and none of one that it has not (RFC 7643 §3)."""
    if not name.casefold().startswith("urn:"):
        return
    is_there = isinstance(resource.unknown_attributes.get(spelled(resource.unknown_attributes, name)), dict)
    others = [each for each in resource.schemas if each.casefold() != name.casefold()]
    if is_there is (len(others) == len(resource.schemas)):
        resource.schemas = [*others, name] if is_there else others


def _declared_schema(schema: str, resource: Resource[Any]) -> str | None:
    """A schema that the type of a resource has: empty for its own, and None for any other."""
    if schema.casefold() == str(type(resource).__schema__).casefold():
        return ""
    return next((each for each in type(resource).get_extension_models() if each.casefold() == schema.casefold()), None)


def _declared_parts(entry: BaseModel) -> str:
    """What schemas declare of an entry, as the library tells entries apart."""
    parts = {name: part for name, part in entry.model_dump().items() if name not in entry.unknown_attributes}
    return normalize("NFC", canonical_bytes(parts).decode()).lower()


def _prefix(path: Path[Any]) -> str | None:
    """What names in a value stand behind, to be paths; None where a value at that path is put as it is."""
    if path.model is not None:
        return "" if path.model is path.models[0] else f"{path}:"
    binding = path.resolve()
    if binding is None or binding.sub_field_name is not None or not _is_model(binding.field_type):
        return None
    if path.value_filter is None:
        return None if binding.is_multivalued else f"{path}."
    schema = "" if path.schema is None else f"{path.schema}:"
    return f"{schema}{path.parts[0]}[{path.value_filter}]."


def _is_declared(path: Path[Any]) -> bool:
    return path.model is not None or path.resolve() is not None


def _inner(path: Path[Any], text: str) -> Path[Any] | None:
    """The path that a name in a value stands for; None for one that is none."""
    try:
        return type(path)(text)
    except InvalidPathException:
        return None


def _is_model(kind: Any) -> TypeGuard[type[BaseModel]]:
    return isclass(kind) and issubclass(kind, BaseModel)
