"""What ticks send to Okta: memberships that people edited in the directory since the last tick, and nothing else."""

from collections.abc import Mapping

from msgspec.structs import replace

from idsync.apply.last_apply import last_apply
from idsync.model.addresses import Address, split_address
from idsync.model.directory import Names
from idsync.model.extent import Extent
from idsync.plan.sections import FIRST
from idsync.reconcile.applying import Applier
from idsync.reconcile.continuous.reconciling import SERVICE, Place, Reconciling
from idsync.reconcile.continuous.sending import NOTHING_SENT, Membership, Sending, sent
from idsync.reconcile.planning import plan_part
from idsync.stores.protocol import Difference, Store
from idsync.targets.protocol import Target

_NOBODY: frozenset[str] = frozenset()
Edits = Mapping[Address, Difference]


class EditsOut:
    """The edits of one process's ticks. Each is tried once: one that is held or refused waits for a full pass."""

    def __init__(self) -> None:
        self._tried: Edits = {}

    def send(self, store: Store, reconciling: Reconciling, place: Place) -> Sending:
        """Send what was edited since this was called last, where no full pass sends just now. Raises PassStopped."""
        if not place.settings.integration.sync.bidirectional:
            return NOTHING_SENT
        target = place.target(store)
        edits = _edits(store, target)
        fresh = [address for address, edit in edits.items() if self._tried.get(address) != edit]
        if not fresh and not reconciling.to_send:
            self._tried = edits
            return NOTHING_SENT
        with reconciling.sending(waits=False) as alone:
            if not alone:
                return NOTHING_SENT
            self._tried = edits
            left, reconciling.to_send = frozenset(reconciling.to_send), set()
            sending = _sent(store, reconciling, place, target, fresh, left)
            reconciling.to_send |= sending.moved
            return sending


def _edits(store: Store, target: Target) -> Edits:
    """The memberships that hands changed since the directory was last made as desired."""
    differing = store.agreed(target.name).differing()
    return {address: each for address, each in differing.items() if split_address(address)[0] == "access_list_member"}


def _sent(
    store: Store,
    reconciling: Reconciling,
    place: Place,
    target: Target,
    edited: list[Address],
    left: frozenset[Membership],
) -> Sending:
    settings, both = place.settings, place.both_ways(store)
    pairs = [split_address(address)[1].partition("/")[::2] for address in edited]
    index = target.index(settings.integration.org_url, Names(frozenset(name for _, name in pairs), _NOBODY))
    ids = {name: entry.okta_id for name, entry in index.users.items() if entry.okta_id}
    only = left | {(access_list, ids[name]) for access_list, name in pairs if name in ids}
    if both is None or not only:
        return NOTHING_SENT
    now = store.now()
    planned = plan_part(
        settings,
        store.upstream,
        target,
        Extent(frozenset(person for _, person in only), _NOBODY),
        last=last_apply(store.facts, target),
        now=now,
        agreed=store.agreed(target.name),
        both=replace(both, whole=False, only=only),
    )
    request = replace(place.request(SERVICE, now), split=True, unattended=True, whole=False, sweep_locks=False)
    targets = {**place.targets(store), FIRST: target}
    applier = Applier(settings, store, targets, request, store.now, until_released=True, sends=False)
    parts = applier.parts(planned.executable(store.runs.next_number()).plan)
    return sent(applier, parts, (), reconciling.check_stop)
