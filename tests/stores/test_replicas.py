"""The services that use a store: each says so for as long as it runs, and none is overtaken by a newer schema."""

import msgspec
import pytest

from idsync.errors import OlderReplica
from idsync.stores.protocol import Store
from idsync.stores.tables.replicas import REPLICA_SECONDS, Replicas
from tests.stores.contract import Clock
from tests.stores.test_leases import ELSEWHERE, ME, dead_process


def newer(store: Store) -> Replicas:
    """The services of a store, as a version sees them that knows one schema more."""
    replicas = store.replicas
    assert isinstance(replicas, Replicas)
    return Replicas(replicas._connection, replicas._clock, replicas._schema + 1)


def test_r47_a_service_of_an_older_schema_that_runs_is_named(store: Store, other: Store) -> None:
    newer(other).check_none_older(ME)
    lease = store.replicas.announce(ELSEWHERE)
    assert [holder for _, holder in other.replicas.running()] == [ELSEWHERE]
    with pytest.raises(OlderReplica, match="another-machine, process 1") as caught:
        newer(other).check_none_older(ME)
    assert caught.value.holder == str(ELSEWHERE)
    store.replicas.leave(lease)
    newer(other).check_none_older(ME)


def test_r47_services_of_this_schema_and_of_a_newer_one_stand_in_nobodys_way(store: Store, other: Store) -> None:
    store.replicas.announce(ME)
    newer(store).announce(ELSEWHERE)
    replicas = other.replicas
    assert isinstance(replicas, Replicas)
    replicas.check_none_older(ME)
    assert len(replicas.running()) == 2


def test_r47_a_service_that_is_silent_or_dead_is_not_waited_for(store: Store, other: Store, clock: Clock) -> None:
    lease = store.replicas.announce(ELSEWHERE)
    store.replicas.announce(dead_process())
    clock.now += REPLICA_SECONDS - 1
    store.leases.renew(lease)
    clock.now += REPLICA_SECONDS - 1
    with pytest.raises(OlderReplica, match="another-machine"):
        newer(other).check_none_older(ME)
    clock.now += 2
    newer(other).check_none_older(ME)


def test_rows_of_services_that_ended_long_ago_go(store: Store, clock: Clock) -> None:
    for number in range(5):
        store.replicas.announce(msgspec.structs.replace(ELSEWHERE, process=number))
        clock.now += 3 * REPLICA_SECONDS
    replicas = store.replicas
    assert isinstance(replicas, Replicas)
    rows = replicas._connection.rows("SELECT name FROM leases" if "sqlite" in str(type(store)) else ALL)  # type: ignore[arg-type]
    assert len(rows) == 1


ALL = "SELECT name FROM idsync.leases"
