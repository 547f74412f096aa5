"""Owners of access lists under their new names: what of a rename concerns the lists that name the person."""

from collections.abc import Mapping

from msgspec.structs import replace

from idsync.model.nesting import is_nested
from idsync.model.resources import Owner


def is_person(owner: Owner) -> bool:
    """Whether an owner is a user, and not every member of another list."""
    return not is_nested(owner)


def renamed_owners(owners: tuple[Owner, ...], names: Mapping[str, str]) -> tuple[Owner, ...]:
    """The owners with new names for old ones, each person once and in the first place; the same value if none has."""
    if not any(owner.name in names and is_person(owner) for owner in owners):
        return owners
    renamed: dict[tuple[str, bool], Owner] = {}
    for owner in owners:
        name = names.get(owner.name, owner.name) if is_person(owner) else owner.name
        renamed.setdefault((name, is_person(owner)), replace(owner, name=name))
    return tuple(renamed.values())
