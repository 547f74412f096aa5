"""A view parted by who makes the difference: the edit, Okta, or a hand. Each side has its people and other changes."""

from collections.abc import Iterator

import msgspec

from idsync.render.titles import SIDES
from idsync.render.view import Group, PlanView, Section


class SideOfView(msgspec.Struct, frozen=True):
    """What one side changes; nothing stands over it where Okta alone changes something."""

    heading: str
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]


def sides_of(view: PlanView) -> Iterator[SideOfView]:
    """The sides in their order; one that changes nothing is left out."""
    if not any(group.edit for group in view.groups) and not any(section.side == "edit" for section in view.others):
        yield SideOfView("", view.groups, view.others)
        return
    for side, heading in SIDES:
        groups = tuple(group for group in view.groups if ("edit" if group.edit else "okta") == side)
        sections = tuple(section for section in view.others if section.side == side)
        if groups or sections:
            yield SideOfView(heading, groups, sections)
