"""Who is there, and who has left, where several resources stand for one person, or one for several in turns."""

from idsync.apply.kept_back import kept_of_person
from idsync.model.identity import SUSPENDED, Snapshot
from idsync.model.ownership import okta_id_of
from idsync.model.pushed import PushedUser
from idsync.reconcile.owed import is_owed
from idsync.stores.protocol import Facts, Pushed
from idsync.targets.protocol import DirectoryReader


def not_concerned(pushed: Pushed, user: PushedUser, before: PushedUser | None) -> frozenset[str]:
    """Of the people whom a resource stands for, and stood for `before` it became `user`, those who lose nothing by it.

    Who leaves by a resource is there still if a later one stands for them; who loses it to another person, if any other
    one does: nobody said that they left. A tombstone that is pushed once more, or passes on, says nothing of who came
    back by another resource, or by a reading.
    """
    stay = set()
    was_out = before is not None and not before.active
    if not user.active:
        repeated = was_out and before is not None and before.okta_id == user.okta_id
        if _is_there_by_another(pushed, user.okta_id, user, later=not repeated):
            stay.add(user.okta_id)
    if (
        before is not None
        and before.okta_id != user.okta_id
        and (was_out or _is_there_by_another(pushed, before.okta_id, user, later=False))
    ):
        stay.add(before.okta_id)
    return frozenset(stay)


def _is_there_by_another(pushed: Pushed, okta_id: str, user: PushedUser, *, later: bool) -> bool:
    """Whether another resource, or one that was made `later`, has a person as active.

    What was made later is told by the order in which the store has them: their times are whole seconds, and tie.
    """
    standing = pushed.users_of(okta_id)
    if later:
        standing = standing[[each.id for each in standing].index(user.id) + 1 :]
    return any(each.active and each.id != user.id for each in standing)


def suspended_in(part: Snapshot) -> frozenset[str]:
    """Who is suspended by what was read, with the app or without it: no push ends that."""
    users = {user.id for user in part.users if user.status == SUSPENDED}
    return frozenset(users.union(user for user, status in part.unassigned.items() if status == SUSPENDED))


def has_left(okta_id: str, name: str, target: DirectoryReader, facts: Facts, pushed: Pushed) -> bool:
    """Whether somebody whose account a target still has is known to have left, whatever is held of that or was lifted
    by hand.
    """
    if any(okta_id_of(lock.metadata.labels) == okta_id for lock in target.locks([name]).values()):
        return True
    if kept_of_person(facts, target.name, okta_id):
        return True
    return is_owed(facts, target.name, okta_id) or any(not user.active for user in pushed.users_of(okta_id))
