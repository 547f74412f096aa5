"""What a configuration asks a reading for."""

from dataclasses import dataclass

import pytest

from idsync.config.patterns import NameFilter, NamePattern
from idsync.config.settings import (
    AppById,
    GroupRule,
    ImportFilters,
    Integration,
    Settings,
    SyncSwitches,
    TraitRule,
    UserSettings,
)
from idsync.diagnostics import Position
from idsync.okta.wire import App, Group, GroupProfile
from idsync.sources.okta.selection import Selection

HERE = Position("idsync.yaml", 1, 1)
FILTERS = ImportFilters(groups=NameFilter((NamePattern("eng-*"),)))
RULES = (
    TraitRule("okta/title", NamePattern("*"), (), HERE),
    GroupRule(NamePattern("aws-*"), (), HERE),
    GroupRule(NamePattern("db"), (), HERE),
)


@dataclass
class Expected:
    lists: bool
    roles: list[str]
    needs_groups: bool


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        (SyncSwitches(), Expected(True, ["aws-*", "db"], True)),
        (SyncSwitches(access_lists=False), Expected(False, ["aws-*", "db"], True)),
        (SyncSwitches(users=False), Expected(True, [], True)),
        (SyncSwitches(users=False, access_lists=False), Expected(False, [], False)),
    ],
)
def test_what_is_switched_off_is_not_asked_for(switches: SyncSwitches, expected: Expected) -> None:
    integration = Integration("okta", "https://x.okta.com", AppById("0oa1"), UserSettings(()), HERE, sync=switches)
    selection = Selection.of(Settings(integration, filters=FILTERS, role_rules=RULES))
    assert selection.filters is FILTERS
    assert selection.lists is expected.lists
    assert [pattern.source for pattern in selection.roles] == expected.roles
    assert selection.needs_groups is expected.needs_groups


NAMES = ["eng-a", "aws-b", "db", "Everyone", "other"]
GROUPS = [
    Group(f"00g{number}", GroupProfile(name), "BUILT_IN" if name == "Everyone" else "OKTA_GROUP")
    for number, name in enumerate(NAMES)
]
APPS = [App("0oa1", "Teleport", "ACTIVE"), App("0oa2", "Wiki", "ACTIVE"), App("0oa3", "Old", "INACTIVE")]


def _settings(switches: SyncSwitches, groups: NameFilter, apps: NameFilter, rules: tuple[GroupRule, ...]) -> Settings:
    integration = Integration("okta", "https://x.okta.com", AppById("0oa1"), UserSettings(()), HERE, sync=switches)
    return Settings(integration, filters=ImportFilters(groups, apps), role_rules=rules)


BOTH = [
    _settings(SyncSwitches(), NameFilter((NamePattern("eng-*"),)), NameFilter(), ()),
    _settings(SyncSwitches(), NameFilter((NamePattern("Everyone"),)), NameFilter((NamePattern("W*"),)), ()),
    _settings(SyncSwitches(access_lists=False), NameFilter(), NameFilter(), (GroupRule(NamePattern("db"), (), HERE),)),
    _settings(SyncSwitches(users=False, access_lists=False), NameFilter(), NameFilter(), ()),
]


@pytest.mark.parametrize("one", BOTH)
@pytest.mark.parametrize("other", BOTH)
def test_one_reading_for_two_configurations_has_what_either_asks_for(one: Settings, other: Settings) -> None:
    both, apart = Selection.of(one, other), (Selection.of(one), Selection.of(other))
    assert both.groups(GROUPS) == [group for group in GROUPS if any(group in each.groups(GROUPS) for each in apart)]
    wanted = [app for app in APPS if any(app in each.apps(APPS, "0oa1") for each in apart)]
    assert both.apps(APPS, "0oa1") == wanted
    assert both.needs_groups is any(each.needs_groups for each in apart)
    assert both.needs_apps is any(each.needs_apps for each in apart)
    assert both.names_app("Wiki") is any(each.names_app("Wiki") for each in apart)
