"""Resources as `get` prints them: JSON that is always an array, YAML documents, or a table for people."""

from collections.abc import Iterable, Sequence
from typing import assert_never

import msgspec

from idsync.config.yaml_writer import Plain, render_documents
from idsync.model.exported_state import ExportedState
from idsync.model.resources import AccessList, AccessListMember, Lock, User
from idsync.render.escape_text import padded, shown, width
from idsync.render.style import PLAIN, Style

AnyResource = User | Lock | AccessList | AccessListMember
_ENCODER = msgspec.json.Encoder(order="deterministic")
_TITLES = {
    "user": ("user", "roles", "origin"),
    "lock": ("lock", "on", "until", "origin"),
    "access_list": ("access list", "title", "roles", "owners", "origin"),
    "access_list_member": ("access list", "member", "until", "reason"),
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
        case _:
            assert_never(resource)


def _table(titles: tuple[str, ...], rows: list[tuple[str, ...]], style: Style) -> str:
    columns = [max(width(row[place]) for row in [titles, *rows]) for place in range(len(titles))]

    def line(cells: tuple[str, ...]) -> str:
        return "  ".join(padded(cell, size) for cell, size in zip(cells, columns, strict=True)).rstrip()

    return "\n".join([style.paint(line(titles), "strong"), *map(line, rows)])
