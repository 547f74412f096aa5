"""A resource as it is sent: at its place, and with the places of those that it refers to.

The library makes a deep copy for that, and looks for what refers to others in each resource; our storage makes a
resource for one answer, and where its model refers to others is the same for all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, cast

from scim2_models import Meta, Path, Reference, Resource
from scim2_server.service import ScimService

_ELSEWHERE = frozenset({"external", "uri"})
"""What a reference names that is not served here."""


class _Held(NamedTuple):
    """A reference to what is served here: the attribute that holds it, and its field in each value of that; and where
    it is in JSON.
    """

    within: Path[Any]
    field: str
    names: tuple[str, ...]


def published(service: ScimService, base_url: str, resource: Resource[Any]) -> Resource[Any]:
    """The same resource, whose location and references are URLs from now on."""
    place = service.resource_location(base_url, service.get_resource_type_of(resource), str(resource.id))
    resource.meta = resource.meta or Meta()
    resource.meta.location = cast(Any, place)
    for reference in _references(type(resource)):
        held = reference.within.get(resource)
        for each in held if isinstance(held, list) else [held]:
            told = None if each is None else getattr(each, reference.field)
            if told is not None:
                setattr(each, reference.field, service.reference_location(base_url, told))
    return resource


def with_places(
    service: ScimService, base_url: str, model: type[Resource[Any]], content: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What a resource says, with URLs for its references; what is given stays as it is."""
    for reference in _references(model):
        content = _placed(content, reference.names, partial(service.reference_location, base_url))
    return content


def _placed(value: Any, names: Sequence[str], place: Callable[[str], str]) -> Any:
    if not names:
        return place(value)
    if isinstance(value, list):
        return [_placed(each, names, place) for each in value]
    first, *more = names
    return value if value.get(first) is None else {**value, first: _placed(value[first], more, place)}


@cache
def _references(model: type[Resource[Any]]) -> tuple[_Held, ...]:
    """Where resources of a model refer to others of this service. Models are few, and made once."""
    found = []
    paths: type[Path[Any]] = Path[model]  # type: ignore[valid-type]
    for path in paths.iter_paths(target_type=[Reference]):
        binding = path.resolve()
        if binding is None or binding.sub_field_name is None:  # an attribute of its own refers elsewhere
            continue
        kinds = set(cast("type[Reference[Any]]", binding.target_type).__reference_types__)
        if kinds and not kinds & _ELSEWHERE:
            name = f"{path.schema}:{path.parts[0]}" if path.schema else path.parts[0]
            names = (path.schema, *path.parts) if path.schema else path.parts
            found.append(_Held(Path(name), binding.sub_field_name, names))
    return tuple(found)
