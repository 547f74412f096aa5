"""What Okta says of groups before one is written: asked once, and only where a membership is to go out."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property

from idsync.targets.okta.writer import MembershipWriter


class Groups:
    """The groups of one organization, of which each question is asked once."""

    def __init__(self, connect: Callable[[], AbstractContextManager[MembershipWriter]]) -> None:
        self._connect = connect
        self._privileged: dict[str, bool | None] = {}
        self._asked_at: float | None = None

    def are_older_than(self, seconds: float) -> bool:
        """Whether the first question was asked longer ago than so many seconds."""
        return self._asked_at is not None and time.monotonic() - self._asked_at > seconds

    def filled_by_rules(self) -> frozenset[str]:
        """The groups that a rule fills, by id."""
        return self._filled

    def was_asked(self, group: str) -> bool:
        """Whether it was asked about the admin roles of a group."""
        return group in self._privileged

    def conveys_admin_role(self, group: str) -> bool | None:
        """Whether the members of a group are administrators; None where that cannot be read."""
        if group not in self._privileged:
            with self._asking() as writer:
                self._privileged[group] = writer.conveys_admin_role(group)
        return self._privileged[group]

    @cached_property
    def _filled(self) -> frozenset[str]:
        with self._asking() as writer:
            return writer.filled_by_rules()

    @contextmanager
    def _asking(self) -> Iterator[MembershipWriter]:
        if self._asked_at is None:
            self._asked_at = time.monotonic()
        with self._connect() as writer:
            yield writer
