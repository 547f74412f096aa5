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
