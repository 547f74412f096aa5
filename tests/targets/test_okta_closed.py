"""Groups that a plan from another process must not write: what Okta says of them counts, and what it does not say."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import cast

import pytest

from idsync.model.resources import AccessList
from idsync.model.upstream_lists import list_in_okta
from idsync.targets.okta.groups import Groups
from idsync.targets.okta.target import OktaTarget
from idsync.targets.okta.writer import MembershipWriter

ORG = "https://x.okta.com"


class Agreed:
    """One group is agreed on."""

    def names(self) -> frozenset[str]:
        return frozenset({"00g1"})

    def count(self) -> int:
        return 0

    def bodies(self, lists: Collection[str]) -> Mapping[str, AccessList]:
        return {name: list_in_okta(name, "group", "eng", ORG) for name in lists}

    def members(self, lists: Collection[str], people: Collection[str] | None = None) -> Mapping[str, frozenset[str]]:
        del people
        return dict.fromkeys(lists, frozenset[str]())


class Okta(AbstractContextManager[MembershipWriter]):
    """Says of every group whether it conveys an admin role, and lets everything be written."""

    def __init__(self, conveys: bool | None) -> None:
        self._conveys = conveys

    def __enter__(self) -> MembershipWriter:
        return cast(MembershipWriter, self)

    def __exit__(self, *_: object) -> None:
        pass

    def check_access(self, kinds: Collection[str]) -> None:
        pass

    def filled_by_rules(self) -> frozenset[str]:
        return frozenset()

    def conveys_admin_role(self, _: str) -> bool | None:
        return self._conveys


@pytest.mark.parametrize(
    ("conveys", "is_named", "was_asked", "is_written"),
    [
        (False, False, False, True),
        (True, True, False, False),
        (True, True, True, False),
        (None, False, False, False),
        (None, True, False, True),
        (None, False, True, True),
    ],
)
def test_r50_what_okta_does_not_say_of_a_group_is_taken_for_the_worst_unless_it_was_decided(
    conveys: bool | None, *, is_named: bool, was_asked: bool, is_written: bool
) -> None:
    okta = Okta(conveys)
    groups = Groups(lambda: okta)
    if was_asked:
        groups.conveys_admin_role("00g1")
    target = OktaTarget(ORG, (), Agreed(), lambda: okta, lambda *_, **__: None, lambda: groups, lambda _: is_named)
    assert (target.access_lists(["00g1"]) != {}) is is_written
