"""Which groups and apps are read: decided by name before anything is asked about any one of them."""

from collections.abc import Sequence
from typing import Self

import msgspec

from idsync.config.patterns import NamePattern, PatternSet
from idsync.config.settings import GroupRule, ImportFilters, Settings
from idsync.model.identity import BUILT_IN
from idsync.okta.wire import App, Group


class Selection(msgspec.Struct, frozen=True):
    """What the configuration asks of a reading. `roles` are the patterns over group names that role rules use."""

    filters: ImportFilters = ImportFilters()
    roles: tuple[NamePattern, ...] = ()
    lists: bool = True
    """Whether groups and apps become access lists or resources; else only groups that role rules ask for are read."""
    also: Self | None = None
    """What another configuration asks of the same reading."""
    everything: bool = False
    """Whether every group and app is wanted, built-in and inactive ones included, whatever else is said here."""

    @classmethod
    def of(cls, settings: Settings, also: Settings | None = None) -> Self:
        """The selection that a configuration means; of a reading for two of them, what either asks for."""
        sync = settings.integration.sync
        rules = settings.role_rules if sync.users else ()
        return cls(
            filters=settings.filters,
            roles=tuple(rule.group for rule in rules if isinstance(rule, GroupRule)),
            lists=sync.access_lists or sync.app_groups,
            also=None if also is None else cls.of(also),
        )

    @property
    def needs_groups(self) -> bool:
        """Whether any group may be needed."""
        return self.lists or bool(self.roles) or (self.also is not None and self.also.needs_groups)

    @property
    def needs_apps(self) -> bool:
        """Whether any app may be needed beside the SSO app."""
        return self.lists or (self.also is not None and self.also.needs_apps)

    def names_app(self, label: str) -> bool:
        """Whether an app of this label would become a list."""
        return (self.lists and self.filters.apps.selects(label)) or (
            self.also is not None and self.also.names_app(label)
        )

    def groups(self, listed: Sequence[Group]) -> list[Group]:
        """Those of the groups whose members are wanted: lists to be, and what role rules look at."""
        if self.everything:
            return list(listed)
        if self.also is not None:
            wanted = {group.id for each in (self._alone, self.also) for group in each.groups(listed)}
            return [group for group in listed if group.id in wanted]
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
        if self.also is not None:
            wanted = {app.id for each in (self._alone, self.also) for app in each.apps(listed, sso_app)}
            return [app for app in listed if app.id in wanted]
        if not self.lists:
            return []
        active = [app for app in listed if app.status == "ACTIVE" and app.id != sso_app]
        chosen = self.filters.apps.select([app.label for app in active])
        return [app for app, taken in zip(active, chosen, strict=True) if taken]

    @property
    def _alone(self) -> Self:
        return msgspec.structs.replace(self, also=None)

    def _may_be_list(self, group: Group) -> bool:
        return group.type != BUILT_IN or self.filters.groups.names_literally(group.profile.name)
