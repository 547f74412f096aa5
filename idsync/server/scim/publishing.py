"""A resource as it is sent: at its place, and with the places of those that it refers to.

The library makes a deep copy for that, and looks for what refers to others in each resource; our storage makes a
resource for one answer, and where its model refers to others is the same for all of them.
"""

from functools import cache
from typing import Any, NamedTuple, cast

from scim2_models import Meta, Path, Reference, Resource
from scim2_server.service import ScimService

_ELSEWHERE = frozenset({"external", "uri"})
"""What a reference names that is not served here."""


class _Held(NamedTuple):
    """A reference to what is served here: the attribute that holds it, and its field in each value of that."""

    within: Path[Any]
    field: str


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
            found.append(_Held(Path(name), binding.sub_field_name))
    return tuple(found)
