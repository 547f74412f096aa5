"""A tenth of the people that a night pushes at one time by eight connections: none is lost, none is there twice."""

import pytest

from tests.effort import examples
from tests.serve_kills.__main__ import prepared
from tests.serve_many.pushing import push_many

pytestmark = pytest.mark.long


NIGHT, CONNECTIONS = 10_000, 8


@pytest.mark.parametrize(("store", "replicas"), [("sqlite", 1), ("postgres", 2)])
def test_everybody_who_is_pushed_at_one_time_is_there_once(store: str, replicas: int) -> None:
    with prepared(store, replicas) as (service, _):
        try:
            service.start()
            rate = push_many(service, examples(NIGHT), CONNECTIONS, seed=1)
        finally:
            service.stop()
    assert rate.people == examples(NIGHT)
