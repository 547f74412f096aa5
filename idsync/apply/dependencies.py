"""What waits for a step that failed: steps of the same object, and those that would leave a person worse than before.

Nobody's account goes while their lock, or taking them out of a list, failed; nobody is unlocked while anything of
theirs failed; and the old name of a renamed person stays while the new one failed.
"""

from idsync.model.addresses import Address, member_address, split_address
from idsync.model.ownership import USER_ID_LABEL
from idsync.plan.changes import AccessListChange, LockChange, PlainChange, UserChange
from idsync.plan.okta_delta import names_in_okta
from idsync.plan.sections import goes_to_okta
from idsync.plan.steps import Phase, Step


class Dependencies:
    """The objects and people of steps that failed or wait, in a run whose other steps go on."""

    def __init__(self) -> None:
        self._addresses: set[Address] = set()
        self._people: set[str] = set()
        self._okta_ids: set[str] = set()

    def failed(self, step: Step) -> None:
        """This step was not made."""
        self._addresses.add(subject_of(step))
        self._people.update(_people_of(step))
        self._okta_ids.update(_okta_ids_of(step))

    def waits(self, step: Step) -> bool:
        """Whether this step must not be made before one that failed is."""
        if subject_of(step) in self._addresses:
            return True
        if step.phase not in (Phase.USER_DELETE, Phase.UNLOCK):
            return False
        return not self._people.isdisjoint(_people_of(step)) or not self._okta_ids.isdisjoint(_okta_ids_of(step))


def subject_of(step: Step) -> Address:
    """What a step is about: in Okta one membership, by the name of its person; else the object of its change."""
    change = step.change
    if not goes_to_okta(change):
        return change.address
    names = names_in_okta(change)
    people = (*change.members_added, *change.members_removed)
    return member_address(split_address(change.address)[1], ", ".join(names.get(each, each) for each in people))


def _people_of(step: Step) -> set[str]:
    match step.change:
        case UserChange(address=address):
            return {split_address(address)[1]}
        case LockChange(before=before, after=after):
            bodies = (body for body in (before, after) if body is not None)
            return {body.spec.target.user for body in bodies if body.spec.target.user is not None}
        case AccessListChange() as change:
            return set(change.members_added if step.phase is Phase.ACCESS_LIST else change.members_removed)
        case PlainChange():
            return set()


def _okta_ids_of(step: Step) -> set[str]:
    if not isinstance(step.change, UserChange):
        return set()
    bodies = (body for body in (step.change.before, step.change.after) if body is not None)
    return {body.metadata.labels[USER_ID_LABEL] for body in bodies if body.metadata.labels.get(USER_ID_LABEL)}
