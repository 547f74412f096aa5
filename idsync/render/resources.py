"""Resources as `get` prints them: JSON that is always an array, YAML documents, or a table for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

import msgspec

from idsync.config.yaml_writer import Plain, render_documents
from idsync.model.exported_state import ExportedState
from idsync.model.plain_resources import App, Role, UserGroup, rule_labels, title_of
from idsync.model.resources import AccessList, AccessListMember, Lock, Metadata, User
from idsync.model.revisions import AnyResource
from idsync.render.escape_text import padded, shown, width
from idsync.render.style import PLAIN, Style

_ENCODER = msgspec.json.Encoder(order="deterministic")
_TITLES = {
    "user": ("user", "roles", "origin"),
    "lock": ("lock", "on", "until", "origin"),
    "access_list": ("access list", "title", "roles", "owners", "origin"),
    "access_list_member": ("access list", "member", "until", "reason"),
    "role": ("role", "name", "apps", "groups", "origin"),
    "app": ("app", "name", "conveyed by", "labels", "origin"),
    "user_group": ("group", "name", "conveys", "labels", "origin"),
}
_ORIGIN = "teleport.dev/origin"


def render_json(resources: Iterable[AnyResource | ExportedState]) -> str:
    """One array, whatever there is, in Teleport's shapes."""
    return msgspec.json.format(_ENCODER.encode(list(resources)), indent=2).decode() + "\n"


def render_yaml(resources: Iterable[AnyResource | ExportedState]) -> str:
    """A document each; nothing at all for none."""
    documents: list[Plain] = [msgspec.to_builtins(resource, order="deterministic") for resource in resources]
    return render_documents(documents) if documents else ""


def render_text(resources: Sequence[AnyResource], style: Style = PLAIN) -> str:
    """A table for each kind that there is."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    for resource in resources:
        rows.setdefault(resource.kind, []).append(tuple(cell and shown(cell) for cell in _cells(resource)))
    tables = [_table(_TITLES[kind], cells, style) for kind, cells in rows.items()]
    return "\n\n".join(tables) + "\n" if tables else "Nothing found.\n"


def _cells(resource: AnyResource) -> tuple[str, ...]:
    match resource:
        case User(metadata=metadata, spec=spec):
            return metadata.name, ", ".join(spec.roles), metadata.labels.get(_ORIGIN, "")
        case Lock(metadata=metadata, spec=spec):
            target = ", ".join(f"{kind} {name}" for kind, name in msgspec.structs.asdict(spec.target).items() if name)
            return metadata.name, target, spec.expires or "until lifted", metadata.labels.get(_ORIGIN, "")
        case AccessList(metadata=metadata, spec=spec):
            roles, owners = ", ".join(spec.grants.roles), ", ".join(owner.name for owner in spec.owners)
            return metadata.name, spec.title, roles, owners, metadata.labels.get(_ORIGIN, "")
        case AccessListMember(spec=membership):
            return membership.access_list, membership.name, membership.expires or "", membership.reason
        case Role(metadata=metadata, spec=spec):
            given = (_labels(spec.allow.app_labels), _labels(spec.allow.group_labels))
            return metadata.name, title_of(resource), *given, metadata.labels.get(_ORIGIN, "")
        case App(metadata=metadata, spec=spec):
            return (*_named(resource), ", ".join(spec.user_groups), _labels(rule_labels(resource)), _origin(metadata))
        case UserGroup(metadata=metadata, spec=spec):
            return (*_named(resource), ", ".join(spec.applications), _labels(rule_labels(resource)), _origin(metadata))
        case _:
            assert_never(resource)


def _named(resource: App | UserGroup) -> tuple[str, str]:
    return resource.metadata.name, title_of(resource)


def _labels(labels: Mapping[str, str | Sequence[str]]) -> str:
    pairs = ((key, (value,) if isinstance(value, str) else value) for key, value in sorted(labels.items()))
    return ", ".join(f"{key}={value}" for key, values in pairs for value in values)


def _origin(metadata: Metadata) -> str:
    return metadata.labels.get(_ORIGIN, "")


def _table(titles: tuple[str, ...], rows: list[tuple[str, ...]], style: Style) -> str:
    columns = [max(width(row[place]) for row in [titles, *rows]) for place in range(len(titles))]

    def line(cells: tuple[str, ...]) -> str:
        return "  ".join(padded(cell, size) for cell, size in zip(cells, columns, strict=True)).rstrip()

    return "\n".join([style.paint(line(titles), "strong"), *map(line, rows)])
