"""What the directory and Okta agree on of memberships that go both ways, once the directory's part of a plan is made.

It is kept in the transaction that makes that part, and says nothing of what Okta is still to be told: each request is
agreed on by itself, once it was answered.
"""

from collections.abc import Collection, Iterable

from idsync.apply.request import Request
from idsync.compiler.both_ways import may_lag
from idsync.model.addresses import Address, access_list_address, member_address, split_address
from idsync.model.resources import NEW_MEMBERSHIP
from idsync.model.sent import END_KEY, FIRST_KEY, sent_by_list, sent_key
from idsync.model.times import parse_time
from idsync.model.upstream_lists import list_in_okta
from idsync.plan.changes import AccessListChange, BothSides, Change
from idsync.plan.sections import OKTA
from idsync.stores.protocol import Facts, Found, Records


def note_agreed(changes: Iterable[Change], request: Request, pending: Collection[Address], records: Records) -> None:
    """Keep what both sides agree on once these changes of the directory are made, but for what is `pending`.

    Where memberships go one way, nothing is agreed on any more.
    """
    agreed = records.agreed(OKTA)
    if not request.expected.sync.bidirectional:
        if request.whole:
            agreed.keep(dict.fromkeys(map(access_list_address, records.agreed_lists(OKTA).names())))
        return
    if request.whole:
        _forget_sent(request.read_at, records.facts)
    lists = [each for each in changes if isinstance(each, AccessListChange)]
    gone = {split_address(each.address)[1] for each in lists if each.action == "delete"}
    untold = {access_list_address(name) for name, sides in request.both_ways.items() if sides and sides.untold}
    afresh = (each.address for each in lists if each.action in ("create", "delete") and each.address not in untold)
    over = (access_list_address(name) for name, sides in request.both_ways.items() if sides is None)
    agreed.keep(dict.fromkeys([*(each for each in over if each not in pending), *afresh]))
    for name, sides in request.both_ways.items():
        if sides is not None and (name not in gone or sides.untold):
            agreed.keep(_found(name, sides, request.expected.org_url, pending, is_gone=name in gone))


def _forget_sent(read_at: str, facts: Facts) -> None:
    """Forget what was sent so long before a reading of everything that the reading shows it."""
    sent = sent_by_list(facts.between(FIRST_KEY, END_KEY))
    time = parse_time(read_at).timestamp() if sent else 0.0
    for name, people in sent.items():
        for person in (each for each, one in people.items() if not may_lag(one, time)):
            facts.delete(sent_key(name, person))


def _found(
    name: str, sides: BothSides, org_url: str, pending: Collection[Address], *, is_gone: bool
) -> dict[Address, Found | None]:
    """What is agreed on of one list: nothing of those whose membership here waits."""
    body = list_in_okta(name, sides.kind, sides.title, org_url, is_gone=is_gone)
    found: dict[Address, Found | None] = {access_list_address(name): body}
    for people, entry in ((sides.joins, NEW_MEMBERSHIP), (sides.leaves, None)):
        settled = (okta_id for okta_id, here in people.items() if member_address(name, here) not in pending)
        found.update((member_address(name, okta_id), entry) for okta_id in settled)
    return found
