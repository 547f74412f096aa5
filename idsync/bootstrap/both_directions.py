"""Memberships that go both ways: what a plan merges them by, and the target that writes them in Okta."""

from functools import cache
from typing import TYPE_CHECKING

from idsync.bootstrap.organization import Organization
from idsync.config.settings import ListSubject, Settings
from idsync.plan.sections import OKTA
from idsync.stores.protocol import Store
from idsync.targets.protocol import Target

if TYPE_CHECKING:
    from idsync.compiler.list_rules import ListRules
    from idsync.reconcile.merged_lists import BothWays
    from idsync.targets.okta.groups import Groups


class BothDirections:
    """Both of them for one configuration. What Okta said of groups for the latest plan is known to who applies it."""

    def __init__(self, settings: Settings, okta: Organization) -> None:
        self._settings = settings
        self._okta = okta
        self._asked: list[Groups] = []

    def under(self, settings: Settings) -> "BothDirections":
        """The same where plans are judged by other settings: what Okta said for the one, the other knows."""
        other = BothDirections(settings, self._okta)
        other._asked = self._asked
        return other

    def basis(self, store: Store) -> "BothWays | None":
        """What memberships are merged by, with nothing asked of Okta yet; None where they go one way."""
        if not self._settings.integration.sync.bidirectional:
            return None
        from idsync.reconcile.merged_lists import BothWays
        from idsync.targets.okta.groups import Groups

        groups = Groups(self._okta.writer)
        self._asked[:] = [groups]
        return BothWays(store.agreed_lists(OKTA), store.facts, groups)

    def ask_again(self) -> None:
        """Let go of what Okta said of groups for a plan, which waited for somebody's answer since."""
        self._asked.clear()

    def target(self, store: Store) -> Target:
        """What writes memberships in Okta."""
        from idsync.reconcile.sent_lately import SentLately
        from idsync.targets.okta.groups import Groups
        from idsync.targets.okta.target import OktaTarget

        def groups() -> Groups:
            return self._asked[0] if self._asked else Groups(self._okta.writer)

        @cache
        def rules() -> "ListRules":
            from idsync.compiler.list_rules import ListRules

            return ListRules(self._settings)

        def is_named(group: str) -> bool:
            return rules().goes_both_ways(ListSubject.GROUP, group) is True

        integration, agreed, sent = self._settings.integration, store.agreed_lists(OKTA), SentLately(store)
        former = integration.former_addresses
        return OktaTarget(integration.org_url, former, agreed, self._okta.writer, sent, groups, is_named)
