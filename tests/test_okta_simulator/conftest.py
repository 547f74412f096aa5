"""What the tests of credentials share: a simulator with service apps, and a client of them."""

from collections.abc import Iterator

import pytest

from tests.okta_simulator import ManualClock, Organization, Simulator, Switches
from tests.test_okta_simulator.oauth import EC, NOW, READ, RSA, Client
from tests.test_okta_simulator.reader import reading


@pytest.fixture
def switches() -> Switches:
    return Switches()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def client(switches: Switches, clock: ManualClock) -> Iterator[Client]:
    simulator = Simulator(Organization(switches=switches, clock=clock))
    public = [RSA.as_dict(private=False), EC.as_dict(private=False)]
    simulator.authority.add_client("0oaService", public, scopes=READ.split())
    simulator.authority.add_client("0oaProof", [EC.as_dict(private=False)], scopes=READ.split(), dpop=True)
    with reading(simulator) as reader:
        yield Client(reader)
