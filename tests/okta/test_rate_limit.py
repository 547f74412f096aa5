"""How fast Okta is asked: never beyond the share, never before the window is over, whatever the headers look like."""

import math
import threading
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.okta.headers import Headers
from idsync.okta.rate_limit import LONGEST_WINDOW, Budget, Gate, Limiter, budget_of, server_time
from tests.effort import examples
from tests.okta_simulator.moments import http_date
from tests.sources.okta.organizations import Clock

DATE = "Sun, 22 Nov 2026 08:00:00 GMT"
NOW = 1_795_334_400


def headers(*pairs: tuple[str, str], date: str | None = DATE) -> Headers:
    dated = [("date", date), *pairs] if date else pairs
    return Headers([(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in dated])


def seconds_of(*pairs: tuple[str, str], date: str | None = DATE) -> float:
    budget = budget_of(headers(*pairs, date=date))
    assert budget is not None
    return budget.seconds


def rates(limit: object, remaining: object, reset: object) -> list[tuple[str, str]]:
    names = ("X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset")
    return [(name, str(value)) for name, value in zip(names, (limit, remaining, reset), strict=True)]


def test_the_wait_is_read_against_the_answers_own_date() -> None:
    assert budget_of(headers(*rates(100, 7, NOW + 42))) == Budget(100, 7, NOW + 42, 42.0)


def test_of_several_copies_the_least_counts() -> None:
    both = rates(100, 60, NOW + 50) + rates(50, 10, NOW + 49)
    assert budget_of(headers(*both)) == Budget(50, 10, NOW + 49, 49.0)
    assert budget_of(headers(*reversed(both))) == Budget(50, 10, NOW + 49, 49.0)
    joined = [("X-Rate-Limit-Limit", "100, 50"), ("X-Rate-Limit-Remaining", "60, 10")]
    assert budget_of(headers(*joined, ("X-Rate-Limit-Reset", str(NOW + 50)))) == Budget(50, 10, NOW + 50, 50.0)


@pytest.mark.parametrize(
    "broken",
    [
        [],
        *(rates(number, 1, 1) for number in ("", "x", -1, "1e3", "nan", "\udcb2", "²", "9" * 5000)),
        rates(1, "9" * 5000, 1),
        rates(1, 1, "9" * 400),
    ],
)
def test_headers_that_make_no_sense_are_not_a_budget(broken: list[tuple[str, str]]) -> None:
    assert budget_of(headers(*broken)) is None


def test_a_reset_in_the_past_or_far_away_is_bounded() -> None:
    assert seconds_of(*rates(100, 0, NOW - 5)) == 0
    assert seconds_of(*rates(100, 0, NOW + 10_000_000)) == LONGEST_WINDOW


def test_a_reset_far_away_does_not_make_later_windows_seem_to_be_over() -> None:
    clock = Clock()
    limiter = Limiter(100, clock)
    for reset, date in (("9" * 15, NOW), (NOW + 240, NOW + 180)):
        assert take(limiter)
        limiter.answered(budget_of(headers(*rates(1, 0, reset), date=http_date(date))))
        assert limiter.delay() > 60
        clock.now += 180


def test_the_share_holds_though_every_reset_is_far_away() -> None:
    clock = Clock()
    limiter = Limiter(50, clock)
    for second in range(2):
        assert take(limiter)
        limiter.answered(budget_of(headers(*rates(4, 3 - second, NOW * 1000), date=http_date(NOW + second))))
    assert limiter.delay() > 60


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Sun, 22 Nov 2026 08:00:00 -0000", NOW),
        ("Fri, 31 Dec 9999 08:00:00 -2359", None),
        ("Sun, 22 Nov " + "9" * 5000 + " 08:00:00 GMT", None),
        ("\udcff\udcfe", None),
    ],
)
def test_a_date_is_one_of_the_calendar_or_none(date: str, seconds: float | None) -> None:
    assert server_time(headers(date=date)) == seconds


@given(
    st.sampled_from([DATE, "Sun, 22 Nov 2026"]), st.lists(st.text("0123456789-+.,eEnaN \xb2", max_size=20), min_size=3)
)
def test_any_header_is_read_without_an_error(date: str, texts: list[str]) -> None:
    budget = budget_of(headers(*rates(*texts[:3]), date=date))
    assert budget is None or 0 <= budget.seconds <= LONGEST_WINDOW


def test_without_a_date_a_whole_window_is_waited_for() -> None:
    assert seconds_of(*rates(100, 0, NOW), date=None) == 60
    assert server_time(headers(date="yesterday")) is None


def take(limiter: Limiter) -> bool:
    return limiter.delay() == 0


def test_until_the_limit_is_known_one_request_flies_at_a_time() -> None:
    limiter = Limiter(50, Clock())
    assert take(limiter)
    second = threading.Thread(target=limiter.delay)
    second.start()
    second.join(0.05)
    assert second.is_alive()
    limiter.answered(Budget(100, 99, 60, 60))
    second.join(5)
    assert not second.is_alive()


def test_the_share_of_a_window_is_used_and_no_more_until_it_is_over() -> None:
    clock = Clock()
    limiter = Limiter(30, clock)
    for used in range(3):
        assert take(limiter)
        limiter.answered(Budget(10, 9 - used, 100, 60))
    assert limiter.delay() == 61
    clock.now += 60
    assert limiter.delay() == 1
    clock.now += 1
    assert take(limiter)


def test_even_the_smallest_share_allows_one_request_a_window() -> None:
    limiter = Limiter(1, Clock())
    assert take(limiter)
    limiter.answered(Budget(20, 19, 100, 60))
    assert limiter.delay() == 61


def test_what_others_use_is_left_to_them() -> None:
    limiter = Limiter(50, Clock())
    assert take(limiter)
    limiter.answered(Budget(100, 1, 100, 60))
    assert take(limiter)
    limiter.answered(Budget(100, 0, 100, 60))
    assert limiter.delay() == 61


def test_on_the_same_reset_the_lowest_remaining_counts_and_an_older_window_is_ignored() -> None:
    limiter = Limiter(100, Clock())
    for remaining, reset in ((5, 100), (0, 100), (7, 100), (9, 40)):
        limiter._in_flight += 1
        limiter.answered(Budget(10, remaining, reset, 30))
    assert limiter.delay() == 31


def test_a_newer_reset_begins_a_new_window() -> None:
    limiter = Limiter(50, Clock())
    for reset in (100, 100, 160):
        limiter._in_flight += 1
        limiter.answered(Budget(4, 2, reset, 30))
    assert take(limiter)


def test_a_blocked_bucket_lets_nobody_ask() -> None:
    clock = Clock()
    limiter = Limiter(50, clock)
    limiter.block(30)
    assert limiter.delay() == 30
    clock.now += 30
    assert take(limiter)


def test_a_server_that_does_not_meter_is_not_paced() -> None:
    limiter = Limiter(50, Clock())
    assert take(limiter)
    limiter.answered(None)
    assert [take(limiter) for _ in range(20)] == [True] * 20


def test_a_lost_first_request_does_not_let_others_run_wild() -> None:
    limiter = Limiter(50, Clock())
    assert take(limiter)
    limiter.lost()
    assert take(limiter)
    second = threading.Thread(target=limiter.delay)
    second.start()
    second.join(0.05)
    assert second.is_alive()
    limiter.answered(Budget(100, 99, 60, 60))
    second.join(5)


class Server:
    """Windows as Okta keeps them: they begin with the first call after the last has ended."""

    def __init__(self, clock: Clock, limit: int, window: float) -> None:
        self.clock = clock
        self.limit = limit
        self.window = window
        self.start = -math.inf
        self.used = 0
        self.most = 0

    def answer(self) -> Budget | None:
        if self.clock.now >= self.start + self.window:
            self.start, self.used = self.clock.now, 0
        self.used += 1
        self.most = max(self.most, self.used)
        reset = math.ceil(self.start + self.window)
        answered = rates(self.limit, max(self.limit - self.used, 0), reset)
        return budget_of(headers(*answered, date=http_date(self.clock.now)))


@given(
    limit=st.integers(1, 40),
    share=st.integers(1, 100),
    window=st.floats(1, 60),
    steps=st.lists(st.tuples(st.integers(1, 4), st.floats(0, 3)), min_size=1, max_size=80),
)
@settings(max_examples=examples(500))
def test_no_window_ever_sees_more_than_the_share(
    limit: int, share: int, window: float, steps: list[tuple[int, float]]
) -> None:
    clock = Clock()
    server = Server(clock, limit, window)
    limiter = Limiter(share, clock)
    for together, pause in steps:
        flying = 0
        for _ in range(together):
            if flying and not limiter._has_place(limiter._allowed):
                break  # the real caller would wait for those under way
            while (seconds := limiter.delay()) > 0:
                clock.now += seconds
            flying += 1
        clock.now += pause
        budgets = [server.answer() for _ in range(flying)]
        for budget in reversed(budgets):  # answers come in any order
            limiter.answered(budget)
    assert server.most <= max(limit * share // 100, 1)


Event = Budget | Literal["lost"] | float | None
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Budget, st.integers(0, 9), st.integers(0, 9), st.integers(0, 50), st.floats(0, 60)),
    st.none(),
    st.just("lost"),
    st.floats(0, 100),
)


class NeverWaits(threading.Condition):
    """A condition that nobody has a reason to wait for."""

    def wait(self, timeout: float | None = None) -> bool:
        pytest.fail("waits for an answer though none is under way")


@given(st.integers(1, 100), st.lists(EVENTS, max_size=30))
def test_whatever_happens_a_bucket_with_nothing_under_way_comes_free(share: int, events: list[Event]) -> None:
    clock = Clock()
    limiter = Limiter(share, clock)
    limiter._room = NeverWaits()
    for event in events:
        for _ in range(3):
            if (seconds := limiter.delay()) == 0:
                break
            clock.now += seconds
        else:
            pytest.fail("does not come free")
        match event:
            case "lost":
                limiter.lost()
            case float():
                limiter.block(event)
                limiter.lost()
            case _:
                limiter.answered(event)


def test_a_refused_crowd_halves_what_may_fly_once_and_calm_brings_it_back() -> None:
    gate = Gate(8)
    crowd = [gate.__enter__() for _ in range(8)]
    for entered in crowd:
        gate.__exit__()
        gate.refused(entered)
    assert gate.size == 4
    with gate as entered:
        pass
    gate.refused(entered)
    assert gate.size == 2
    for _ in range(1000):
        with gate:
            pass
    assert gate.size == 8


def test_a_full_gate_holds_until_somebody_leaves() -> None:
    gate = Gate(1)
    gate.__enter__()
    second = threading.Thread(target=gate.__enter__)
    second.start()
    second.join(0.05)
    assert second.is_alive()
    gate.__exit__()
    second.join(5)
    assert not second.is_alive()


def test_the_gate_never_shuts() -> None:
    gate = Gate(8)
    for _ in range(10):
        with gate as entered:
            gate.refused(entered)
    assert gate.size == 1
