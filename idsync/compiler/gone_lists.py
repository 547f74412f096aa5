"""Lists whose group or app is not among those that the filters take: whether they go, and by whose change."""

from collections.abc import Mapping
from functools import cached_property

from idsync.compiler.left_as_is import LeftRows
from idsync.compiler.subjects import ACTIVE, is_imported
from idsync.config.settings import ImportFilters
from idsync.model.directory import Reason
from idsync.model.identity import BUILT_IN, Snapshot
from idsync.model.measures import ListKind, ListMeasure


class GoneLists:
    """What is known of groups and apps: as they were read last, and as they are now."""

    def __init__(
        self,
        filters: ImportFilters,
        snapshot: Snapshot,
        known: Mapping[str, ListMeasure],
        others: Mapping[str, ListKind],
    ) -> None:
        """`known` are measures of earlier readings; `others` exist now, and the source was not asked for them."""
        self._filters = filters
        self._snapshot = snapshot
        self._known = known
        self._others = others

    def is_left(self, name: str, left: LeftRows) -> bool:
        """Whether what there is of this Okta id is left as it is."""
        return name in left.lists or (left.all_absent_lists and name not in self.listed)

    def reason(self, name: str, title: str) -> Reason:
        """Why the list of this Okta id goes.

        The filters are the reason where they do not take what the group or app was when it was read last; where they
        do, it is another thing now. Where no reading is known, its `title` is what it was called.
        """
        if name in self._inactive_apps:
            return Reason.DEACTIVATED
        was = self._known.get(name)
        exists = name in self.listed or name in self._others
        if was is None or not was.name:
            takes = self._filters.groups.selects(title) or self._filters.apps.selects(title)
            return Reason.FILTER_CHANGED if exists or not takes else Reason.DELETED_UPSTREAM
        if not self._takes(was) or name == self._snapshot.app_id:
            return Reason.FILTER_CHANGED
        if not exists:
            return Reason.DELETED_UPSTREAM
        if name in self.listed:
            built_in = self.listed[name] == BUILT_IN != was.type
            return Reason.BECAME_BUILT_IN if built_in else Reason.GROUP_RENAMED
        by_kind = {"app": Reason.DEACTIVATED, "group": Reason.GROUP_RENAMED, "": Reason.BECAME_BUILT_IN}
        return by_kind[self._others[name]]

    def _takes(self, was: ListMeasure) -> bool:
        if was.kind == "app":
            return self._filters.apps.selects(was.name)
        return is_imported(self._filters, was.name, was.type)

    @cached_property
    def listed(self) -> Mapping[str, str]:
        """Everything that the snapshot knows, chosen or not, with the type of groups; a source may leave out what the
        filters refuse.
        """
        apps = dict.fromkeys((app.id for app in self._snapshot.apps), "")
        return apps | {group.id: group.type for group in self._snapshot.groups}

    @cached_property
    def _inactive_apps(self) -> frozenset[str]:
        return frozenset(app.id for app in self._snapshot.apps if app.status != ACTIVE)
