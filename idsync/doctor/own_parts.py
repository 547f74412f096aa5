"""The parts of idsync itself: its store, the journal, the targets, and what clients push to."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from idsync.doctor.check import Check, failed, refused, warned, well
from idsync.errors import IdsyncError, SchemaTooOld, StoreBusy, StoreError
from idsync.model.numbers import counted
from idsync.model.plain_resources import Role
from idsync.model.pushed import ScimToken
from idsync.model.times import Clocks, is_past
from idsync.plan.wildcard_roles import roles_that_give_everything
from idsync.stores.protocol import Access, Store
from idsync.targets.protocol import DirectoryReader

OpenStore = Callable[[Access], AbstractContextManager[Store]]
Targets = Callable[[Store], Mapping[str, DirectoryReader]]


def store_checks(
    open_store: OpenStore,
    targets: Targets,
    org_url: str,
    former: Collection[str],
    *,
    pushes: bool,
    takes_pushes: Callable[[Store], bool],
    now: datetime,
) -> Iterator[Check]:
    """Try the store, its journal from end to end, and each target; with `pushes`, the tokens that may push.

    `former` are addresses that the organization had before `org_url`. `takes_pushes` tells whether the configuration
    in force takes pushes, whatever the files say. It is `now` by this machine's clock.
    """
    try:
        with open_store(Access.READ) as store:
            yield from _store_clock(store, now)
            yield _store(open_store)
            yield _journal(store)
            for target in targets(store).values():
                yield _target(target, org_url, former)
                yield from _wildcards(target, org_url)
            if pushes:
                yield _tokens(store.tokens.all(), now, taken=takes_pushes(store))
    except IdsyncError as error:
        yield refused("store", error)


def _store_clock(store: Store, now: datetime) -> Iterator[Check]:
    """That the store's clock is another time than this machine's, which is held against Okta's."""
    ahead = int((store.now() - now).total_seconds())
    if Clocks(now, ahead).differ:
        apart = f"{abs(ahead):,} seconds {'ahead of' if ahead > 0 else 'behind'} this machine's"
        yield warned(
            "store clock",
            f"The store's clock, by which passes and applies go, is {apart}. Set the one that is wrong (NTP): with "
            "PostgreSQL the store's is that of its server.",
        )


class _Undone(Exception):
    """What was written is to be undone."""


def _store(open_store: OpenStore) -> Check:
    """Of a store that can be read, whether it can be written to: something is written, and undone."""
    try:
        with open_store(Access.REMEMBER) as store, store.transaction():
            with store.attempt():  # at whose end it is written
                store.facts.put({"doctor": b""})
            raise _Undone
    except _Undone:
        return well("store", "It can be read and written to, and its schema is one that this version knows.")
    except StoreBusy:
        return well("store", "It can be read, and somebody writes to it; its schema is one that this version knows.")
    except SchemaTooOld:
        return well("store", "It can be read; the next apply brings its schema to that of this version.")
    except StoreError as error:
        return warned(
            "store",
            f"It can be read and not written to: a plan works, an apply and the service do not. {error.in_full}",
        )


def _journal(store: Store) -> Check:
    try:
        verdict = store.verify(None)
    except IdsyncError as error:
        return refused("journal", error)
    if verdict.broken_at is None:
        return well("journal", f"It is whole: {verdict.entries:,} entries, each chained to the one before.")
    return failed(
        "journal",
        f"It is not as it was written: {verdict.why}. Somebody changed the store past idsync, or the file is damaged. "
        "Compare with a backup of the store; what follows this entry cannot be trusted.",
    )


def _target(target: DirectoryReader, org_url: str, former: Collection[str]) -> Check:
    check = f"target {target.name}"
    try:
        with target.reading():
            managed, orphans = target.counts(org_url), target.orphans((org_url, *former))
    except IdsyncError as error:
        return refused(check, error)
    if orphans:
        addresses = ", ".join(each.org_url for each in orphans)
        return failed(
            check,
            f"It holds objects of ours that carry another address of Okta's than {org_url}: {addresses}. Nobody locks "
            "their leavers, and an apply is refused. If the organization moved, name that address in former_org_urls; "
            "else correct org_url.",
        )
    if managed.agreed is not None:
        return well(check, f"The directory and Okta agreed on {counted(managed.agreed, 'membership')}.")
    return well(
        check,
        f"It answers, and holds {counted(managed.people, 'user')} and {counted(managed.access_lists, 'list')} of ours.",
    )


def _wildcards(target: DirectoryReader, org_url: str) -> Iterator[Check]:
    """Roles by which people get every app or group of Okta's; nothing where the target holds no apps and groups."""
    with target.reading():
        found = target.plain(target.index(org_url).plain)
    roles = [each for each in found.values() if isinstance(each, Role)]
    resources = {address: each for address, each in found.items() if not isinstance(each, Role)}
    if not resources:
        return
    giving = roles_that_give_everything(roles, resources)
    if not giving:
        yield well("app labels", "No role gives every app or every group.")
        return
    told = "; ".join(
        f"{name} gives every {' and every '.join(each.rstrip('s') for each in what)}" for name, what in giving.items()
    )
    yield failed(
        "app labels",
        f"Roles ask for labels that everything has: {told}. Name the labels of those that are meant: "
        f"idsync edit role/{min(giving)}. `idsync plan` says who has them.",
    )


def _tokens(tokens: list[ScimToken], now: datetime, *, taken: bool) -> Check:
    live = [token for token in tokens if token.revoked is None and (token.ends is None or not is_past(token.ends, now))]
    if live and not taken:
        return warned(
            "scim token",
            "Each push is refused (403): the configuration in force has SCIM switched off (sync.scim). `idsync apply` "
            "puts that of the files in force.",
        )
    if live:
        return well("scim token", f"{len(live)} may push: {', '.join(token.name for token in live)}.")
    return warned(
        "scim token",
        "The configuration takes pushes, and no token may push. `idsync scim token create` makes one and says what to "
        "enter in Okta.",
    )


def reached(public_url: str, reach: Callable[[], None]) -> Check:
    """Whether the service answers at the address that Okta is told."""
    try:
        reach()
    except IdsyncError as error:
        return failed("scim address", error.in_full)
    return well("scim address", f"The service answers at {public_url}, as seen from this machine.")
