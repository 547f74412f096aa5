"""A process that ends breaks off whatever waits for Okta: for its rate limit, or for an answer."""

import datetime as dt
import threading
import time
from collections.abc import Callable

import pytest

from idsync.errors import IdsyncError, PassStopped
from idsync.model.extent import Extent
from idsync.okta.remembered import Remembered
from idsync.okta.request import Timing
from idsync.sources.okta.source import OktaSource
from tests.okta_simulator import Delay, Fault, RateLimit
from tests.okta_simulator.effects import Effect
from tests.sources.okta.organizations import Reader, served, small

SOON = 5.0
"""Far below what is waited for; a busy machine takes a second for what takes a tenth."""
WAITS = {"rate limit": RateLimit(), "answer": Delay(30.0)}


def whole(reader: Reader, source: OktaSource) -> None:
    source.read()


def part(reader: Reader, source: OktaSource) -> None:
    person, group = reader.organization.user("ada@enzos-pizza.com"), reader.organization.group("eng")
    source.read(Extent(frozenset({person.id}), frozenset({group.id})))


def moves(reader: Reader, source: OktaSource) -> None:
    source.moves(None, dt.datetime.now(dt.UTC))


def pages(reader: Reader, source: OktaSource) -> None:
    for kind in source.listings():
        list(source.pages(kind, reader.organization.app("Teleport").id))


def changed(reader: Reader, source: OktaSource) -> None:
    list(source.changed("2026-11-22T12:00:00Z"))


def push_mappings(reader: Reader, source: OktaSource) -> None:
    source.push_mappings(reader.organization.app("Teleport").id)


def catalogue(reader: Reader, source: OktaSource) -> None:
    source.catalogue()


ASK = [whole, part, moves, pages, changed, push_mappings, catalogue]


@pytest.mark.parametrize("wait", WAITS.values(), ids=list(WAITS))
@pytest.mark.parametrize("ask", ASK, ids=lambda ask: ask.__name__)
def test_what_waits_for_okta_breaks_off_when_the_process_ends(
    ask: Callable[[Reader, OktaSource], None], wait: Effect
) -> None:
    remembered, ended = Remembered(), list[BaseException]()
    with served(small()) as reader:
        reader.simulator.faults.add(Fault("/api/v1/**", wait, times=None))
        source = reader.source(remembered=remembered, timing=Timing())

        def asks() -> None:
            try:
                ask(reader, source)
            except IdsyncError as error:
                ended.append(error)

        thread = threading.Thread(target=asks, daemon=True)
        thread.start()
        time.sleep(0.7)
        assert thread.is_alive(), "it waits"
        begun = time.monotonic()
        remembered.end()
        thread.join(SOON)
        assert [type(error) for error in ended] == [PassStopped]
        assert time.monotonic() - begun < SOON


@pytest.mark.parametrize("ask", ASK, ids=lambda ask: ask.__name__)
def test_nothing_is_asked_once_the_process_ends(ask: Callable[[Reader, OktaSource], None]) -> None:
    remembered = Remembered()
    remembered.end()
    with served(small()) as reader, pytest.raises(PassStopped):
        ask(reader, reader.source(remembered=remembered, timing=Timing()))
    assert not reader.simulator.requests.total


def test_what_is_over_is_not_kept() -> None:
    remembered = Remembered()
    with served(small()) as reader:
        for _ in range(3):
            whole(reader, reader.source(remembered=remembered))
            moves(reader, reader.source(remembered=remembered))
    assert not remembered._under_way
