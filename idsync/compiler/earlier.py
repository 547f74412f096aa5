"""The rules of the configuration that was applied before, made ready to be asked what they would make of a reading."""

import msgspec

from idsync.compiler.list_rules import EarlierLists, ListRules
from idsync.compiler.roles import RoleMapping
from idsync.compiler.subjects import subjects
from idsync.compiler.traits import TraitMapping
from idsync.config.settings import EmptyLists, Settings
from idsync.model.identity import Snapshot


class EarlierRules(msgspec.Struct, frozen=True):
    """Role mappings, list rules, and which attributes are traits.

    They are not `whole` where groups or apps exist that the reading was not asked for.
    """

    roles: RoleMapping
    lists: EarlierLists
    whole: bool
    traits: TraitMapping
    applied: Settings


def earlier_rules(applied: Settings, snapshot: Snapshot, *, whole: bool) -> EarlierRules:
    """The rules of the settings that were applied before."""
    traits = TraitMapping(applied.integration.users.traits)
    lists = applied.integration.sync.access_lists
    keeps_empty = applied.integration.empty_lists is EmptyLists.KEEP
    chosen = frozenset(subject.id for subject in subjects(applied.filters, snapshot)) if lists else frozenset()
    return EarlierRules(
        RoleMapping(applied, snapshot, traits),
        EarlierLists(ListRules(applied), chosen, lists, keeps_empty),
        whole,
        traits,
        applied,
    )
