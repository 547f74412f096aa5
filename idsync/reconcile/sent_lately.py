"""Keeps what Okta was told of memberships, where the next plans look: readings may not show it yet."""

from typing import Protocol

from idsync.model.sent import Sent, sent_key, sent_value
from idsync.stores.protocol import Facts, Upstream


class RecordsOfOkta(Protocol):
    """What is known of Okta between two readings."""

    @property
    def facts(self) -> Facts: ...

    @property
    def upstream(self) -> Upstream: ...


class SentLately:
    """Notes what was sent, by the clock that readings are dated by: this machine's may be minutes apart from it."""

    def __init__(self, records: RecordsOfOkta) -> None:
        self._records = records

    def __call__(self, access_list: str, person: str, sent: Sent) -> None:
        """Note it, and let what was read of Okta say it, where that is kept: ticks and pushes plan from it."""
        self._records.facts.put({sent_key(access_list, person): sent_value(sent)})
        if self._records.upstream.is_known():
            self._records.upstream.move(access_list, *(([person], []) if sent.joins else ([], [person])))
