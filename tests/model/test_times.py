"""Times and durations at the edge."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.model.times import (
    Clocks,
    duration_words,
    format_duration,
    format_time,
    is_past,
    later,
    parse_duration,
    parse_time,
)

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_a_time_is_read_with_its_offset_and_written_in_utc() -> None:
    assert parse_time("2026-11-22T13:00:00+01:00") == NOON
    assert parse_time("2026-11-22T12:00:00Z") == NOON
    assert format_time(parse_time("2026-11-22T13:00:00.987654+01:00")) == "2026-11-22T12:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-22",
        "2026-11-22T12:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "x" * 999,
    ],
)
def test_what_is_not_a_time_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|isoformat|range"):
        parse_time(text)


@given(st.text(max_size=40))
def test_no_text_is_anything_but_a_time_or_a_value_error(text: str) -> None:
    try:
        parse_time(text)
    except ValueError:
        return


def test_an_expiry_has_passed_at_its_very_moment() -> None:
    assert is_past("2026-11-22T12:00:00Z", NOON)
    assert not is_past("2026-11-22T12:00:01Z", NOON)
    assert not is_past(None, NOON)


def test_later_is_so_many_seconds_on() -> None:
    assert later(NOON, 31 * 3600) == "2026-11-23T19:00:00Z"


def test_what_comes_after_the_last_year_is_its_end_and_what_comes_before_the_first_is_its_beginning() -> None:
    assert later(dt.datetime(9999, 12, 31, tzinfo=dt.UTC), 2 * 86400) == "9999-12-31T23:59:59Z"
    assert Clocks(NOON, 10**12).later.year == 9999
    assert Clocks(NOON, -(10**12)).earlier == dt.datetime(1, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400), ("30h", 108000), ("2d", 172800), ("1h30m", 5400), ("5s", 5)]
)
def test_durations_are_written_in_days_hours_minutes_and_seconds(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "1", "1x", "-1h", "1.5h", "1m1h", "1h ", "1h\n", "9" * 30 + "h"])
def test_what_is_not_a_duration_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@given(st.integers(0, 10**9))
def test_a_duration_reads_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (60, "1 minute"),
        (5400, "1 hour 30 minutes"),
        (111_600, "1 day 7 hours"),
        (2 * 86_400, "2 days"),
        (1200 * 86_400 + 61, "1,200 days 1 minute 1 second"),
    ],
)
def test_a_duration_is_said_in_words(seconds: int, words: str) -> None:
    assert duration_words(seconds) == words


@given(st.integers(1, 10**8))
def test_the_words_of_a_duration_say_how_long_it_is(seconds: int) -> None:
    words = duration_words(seconds).replace(",", "").split()
    written = "".join(number + unit[0] for number, unit in zip(words[::2], words[1::2], strict=True))
    assert parse_duration(written) == seconds
