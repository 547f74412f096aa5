"""How long a process that reconciles, and died, is waited with before it is started again."""

from idsync.server.reconciler import LONGEST_PAUSE, SHORTEST_PAUSE, Pauses


def test_one_that_dies_at_once_is_waited_with_longer_each_time() -> None:
    pauses = Pauses()
    waited = [pauses.after(0.5) for _ in range(8)]
    assert waited[:3] == [SHORTEST_PAUSE, 2 * SHORTEST_PAUSE, 4 * SHORTEST_PAUSE]
    assert waited[-1] == LONGEST_PAUSE


def test_deaths_of_other_days_make_nobody_wait() -> None:
    pauses = Pauses()
    for _ in range(8):
        pauses.after(0.5)
    assert [pauses.after(86_400), pauses.after(86_400), pauses.after(0.5)] == [
        SHORTEST_PAUSE,
        SHORTEST_PAUSE,
        2 * SHORTEST_PAUSE,
    ]
