"""What a person's hand leaves to be remembered of people who lose an account, a lock or a membership by it."""

from datetime import datetime

from idsync.model.agreed_past import AgreedPast, EndedMembership, FormerName, LiftedLock
from idsync.model.directory import Names
from idsync.model.ownership import USER_ID_LABEL, okta_id_of, org_of
from idsync.model.resources import AccessList, AccessListMember, Lock, User
from idsync.model.revisions import AnyResource
from idsync.model.times import format_time, is_past
from idsync.stores.protocol import AgreedState
from idsync.targets.protocol import DirectoryReader

_NOBODY: frozenset[str] = frozenset()


def note_past(
    before: AnyResource | None,
    after: AnyResource | None,
    *,
    directory: DirectoryReader,
    agreed: AgreedState,
    now: datetime,
) -> None:
    """Remember and forget, once a hand changed one object."""
    match before or after:
        case User(metadata=metadata):
            _note_user(metadata.name, _id(before), _id(after), agreed, now)
        case Lock() as lock:
            _note_lock(lock, after, directory, agreed, now)
        case AccessList(metadata=metadata) if after is None:
            agreed.forget(AgreedPast(), [metadata.name])
        case AccessListMember() as member:
            _note_member(member, directory, agreed, removed=after is None)
        case _:
            return


def _id(resource: AnyResource | None) -> str:
    return okta_id_of(resource.metadata.labels) if isinstance(resource, User) else ""


def _note_user(name: str, had: str, has: str, agreed: AgreedState, now: datetime) -> None:
    if has and has != had:
        agreed.forget(AgreedPast(former=(FormerName(name, has, ""),)))
    if had and not has:
        agreed.remember(AgreedPast(former=(FormerName(name, had, format_time(now), by_hand=True),)))


def _note_lock(
    lock: Lock, after: AnyResource | None, directory: DirectoryReader, agreed: AgreedState, now: datetime
) -> None:
    """Of a lock of ours on somebody whose account is there, or was taken by a hand: that it is lifted, or back."""
    user = lock.spec.target.user
    if user is None or not org_of(lock.metadata.labels):
        return
    okta_id = _holder_of(user, lock, directory, agreed)
    if not okta_id or lock.metadata.labels.get(USER_ID_LABEL, okta_id) != okta_id:
        return
    known = agreed.past([okta_id]).lifted_locks.get(okta_id)
    event = "suspension" if known is None else known.event
    locks = isinstance(after, Lock) and after.spec.target == lock.spec.target and not is_past(after.spec.expires, now)
    if not locks:
        agreed.remember(AgreedPast(lifted=(LiftedLock(okta_id, event, format_time(now)),)))
    elif known is not None:
        agreed.remember(AgreedPast(lifted=(LiftedLock(okta_id, event),)))


def _holder_of(user: str, lock: Lock, directory: DirectoryReader, agreed: AgreedState) -> str:
    """The Okta id of the person who has a name or, where a hand took that account, of the one who had it."""
    there = directory.state(Names(frozenset({user}), _NOBODY)).users.get(user)
    if there is not None:
        return _id(there)
    okta_id = okta_id_of(lock.metadata.labels)
    former = agreed.past([okta_id], [user]).former if okta_id else ()
    taken = any(each.by_hand and (each.name, each.okta_id) == (user, okta_id) for each in former)
    return okta_id if taken else ""


def _note_member(member: AccessListMember, directory: DirectoryReader, agreed: AgreedState, *, removed: bool) -> None:
    """Of a membership that had an end: that it is gone. One that somebody put there is what counts now."""
    name, access_list = member.spec.name, member.spec.access_list
    okta_id = _id(directory.state(Names(frozenset({name}), _NOBODY)).users.get(name))
    if not okta_id:
        return
    ended = AgreedPast(ended=(EndedMembership(access_list, okta_id, member.spec.expires or ""),))
    if removed and member.spec.expires:
        agreed.remember(ended)
    elif not removed:
        agreed.forget(ended)
