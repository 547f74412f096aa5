"""What each push leads to: facts change, and what that moved is planned and applied in the same transaction."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from idsync.apply.last_apply import last_apply
from idsync.apply.request import Request
from idsync.config.settings import Settings
from idsync.errors import StoreBusy
from idsync.model.extent import Extent
from idsync.model.identity import FORMAT_VERSION, Snapshot
from idsync.model.ownership import lock_name
from idsync.model.times import format_time
from idsync.reconcile.lately import Lately
from idsync.reconcile.owed import owe
from idsync.reconcile.partial_pass import apply_part
from idsync.reconcile.people_known import PeopleKnown
from idsync.reconcile.pushed.identifying import IdentityRecords
from idsync.stores.protocol import Surroundings
from idsync.targets.protocol import Target

_FEW = 100
"""Of more people at once, some questions more cost little."""


class PushPasses:
    """Plans and applies what a push moved. `request` says who pushes, and when; `lately` what unattended runs counted.

    Without `applies`, applying it is owed to the process that leads.
    """

    def __init__(
        self,
        settings: Settings,
        store: IdentityRecords,
        target: Target,
        request: Callable[[datetime], Request],
        lately: Lately,
        *,
        applies: bool = True,
    ) -> None:
        self.settings = settings
        self.store = store
        self.target = target
        self.request = request
        self.applies = applies
        self.pulls = settings.integration.pulls
        self._lately = lately

    def has_facts(self) -> bool:
        """Whether anything is known of upstream."""
        return self.store.upstream.is_known()

    def head(self, now: datetime) -> Snapshot:
        """What upstream facts say of themselves, without anybody; where pushes alone tell, they are of now.

        Raises StoreBusy.
        """
        if self.pulls:
            if not self.has_facts():
                raise StoreBusy(
                    "Okta's API was not read yet.",
                    why="What is pushed is held against what was read, and the first full pass is not over.",
                    fix="Try again in a minute; if it goes on, see how the last full pass ended.",
                )
            return self.store.upstream.part((), ())
        integration = self.settings.integration
        app, at = integration.pushed_app, format_time(now)
        return Snapshot(FORMAT_VERSION, integration.org_url, app, at, True, users=[], groups=[], apps=[])

    def apply(self, moved: Extent, now: datetime) -> None:
        """Plan and apply for whom facts changed. Raises what an apply raises."""
        if not self.applies:
            if moved.users or moved.lists:
                owe(self.store.facts, self.target.name, moved)
            return
        if 0 < len(moved.users or ()) <= _FEW:
            self.store.foresee_plan(lambda: self._surroundings(moved), self._lately.seen)
        last = last_apply(self.store.facts, self.target)
        request = replace(self.request(now), split=True, unattended=True)
        passes = apply_part(
            self.settings,
            moved,
            store=self.store,
            target=self.target,
            last=last,
            now=now,
            request=request,
            lately=lambda: self._lately.counted(self.store.journal, now),
            people=PeopleKnown(self.store.pushed),
        )
        try:
            for _ in passes:
                pass
        except Exception:
            self._lately.forget()
            raise

    def _surroundings(self, moved: Extent) -> Surroundings:
        """What a plan asks about first, of people whom facts know."""
        org_url = self.settings.integration.org_url
        users = self.store.upstream.without_lists(moved.users or ()).users if self.has_facts() else ()
        people = {user.id: user.username for user in users}
        plain = [lock_name(org_url, name) for name in people.values()]
        own = [lock_name(org_url, name, okta_id) for okta_id, name in people.items()]
        return Surroundings(org_url, people, [*plain, *own])
