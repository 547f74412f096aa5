"""Times as GitHub writes them."""

from datetime import UTC, datetime


def time_of(text: str) -> datetime:
    """A time as GitHub writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def hours_since(moment: datetime, now: datetime | None = None) -> float:
    """How many hours ago that was."""
    return ((now or datetime.now(UTC)) - moment).total_seconds() / 3600
