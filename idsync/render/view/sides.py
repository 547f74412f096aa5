"""A view parted by who makes the difference: the edit, Okta, or a hand. Each side has its people and other changes."""

from collections.abc import Iterator

import msgspec

from idsync.render.phrases import counted
from idsync.render.view.titles import SIDES
from idsync.render.view.view import Group, PlanView, Section


class SideOfView(msgspec.Struct, frozen=True):
    """What one side changes; nothing stands over it where Okta alone changes something."""

    heading: str
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]
    both: str = ""
    """How many of these people are told of above, by another side."""

    @property
    def heading_with_both(self) -> str:
        """The heading, from which a reader sees that the numbers under several are not to be added up."""
        return f"{self.heading} ({self.both})" if self.both else self.heading


def sides_of(view: PlanView) -> Iterator[SideOfView]:
    """The sides in their order; one that changes nothing is left out."""
    if not any(group.edit for group in view.groups) and not any(section.side == "edit" for section in view.others):
        yield SideOfView("", view.groups, view.others)
        return
    above: set[str] = set()
    for side, heading in SIDES:
        groups = tuple(group for group in view.groups if ("edit" if group.edit else "okta") == side)
        sections = tuple(section for section in view.others if section.side == side)
        if groups or sections:
            people = {person.name for group in groups for entry in group.entries for person in entry.people}
            both = len(people & above)
            above |= people
            yield SideOfView(heading, groups, sections, _both(both) if both else "")


def _both(number: int) -> str:
    return f"{counted(number, 'person', 'people')} {'stands' if number == 1 else 'stand'} above, too"
