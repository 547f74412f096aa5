"""Which groups and apps are read: decided by name before anything is asked about any one of them."""

from collections.abc import Sequence
from typing import Self

import msgspec

from idsync.config.patterns import NamePattern, PatternSet
from idsync.config.settings import GroupRule, ImportFilters, Settings
from idsync.model.identity import BUILT_IN
from idsync.sources.okta.wire import App, Group


class Selection(msgspec.Struct, frozen=True):
    """What the configuration asks of a reading. `roles` are the patterns over group names that role rules use."""

    filters: ImportFilters = ImportFilters()
    roles: tuple[NamePattern, ...] = ()
    lists: bool = True
    """Whether groups and apps become access lists; else only groups that role rules ask for are read."""
    everything: bool = False
    """Whether every group and app is wanted, built-in and inactive ones included, whatever else is said here."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The selection that a configuration means."""
        sync = settings.integration.sync
        rules = settings.role_rules if sync.users else ()
        return cls(
            filters=settings.filters,
            roles=tuple(rule.group for rule in rules if isinstance(rule, GroupRule)),
            lists=sync.access_lists,
        )

    @property
    def needs_groups(self) -> bool:
        """Whether any group may be needed."""
        return self.lists or bool(self.roles)

    def groups(self, listed: Sequence[Group]) -> list[Group]:
        """Those of the groups whose members are wanted: lists to be, and what role rules look at."""
        if self.everything:
            return list(listed)
        names = [group.profile.name for group in listed]
        lists = self.filters.groups.select(names) if self.lists else [False] * len(names)
        roles = PatternSet(self.roles).match(names) if self.roles else [()] * len(names)
        return [
            group
            for group, is_list, by_rule in zip(listed, lists, roles, strict=True)
            if by_rule or (is_list and self._may_be_list(group))
        ]

    def apps(self, listed: Sequence[App], sso_app: str) -> list[App]:
        """Those of the apps that become lists: active, passing the filter, and not the SSO app itself."""
        if self.everything:
            return [app for app in listed if app.id != sso_app]
        active = [app for app in listed if app.status == "ACTIVE" and app.id != sso_app]
        chosen = self.filters.apps.select([app.label for app in active])
        return [app for app, taken in zip(active, chosen, strict=True) if taken]

    def _may_be_list(self, group: Group) -> bool:
        return group.type != BUILT_IN or self.filters.groups.names_literally(group.profile.name)
