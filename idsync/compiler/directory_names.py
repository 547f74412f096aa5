"""The names that the directory has for people, by Okta id: one each, unless somebody gave several users one id."""

from collections import defaultdict
from collections.abc import Mapping

from idsync.model.directory_index import DirectoryIndex


class DirectoryNames:
    """The names of users of ours."""

    def __init__(self, index: DirectoryIndex) -> None:
        self.by_id = {entry.okta_id: name for name, entry in index.users.items() if entry.okta_id}
        """One name for each Okta id."""
        self.bearers: Mapping[str, str] = {}
        """Who has each name in Okta, by Okta id; asked only where one id has several names."""
        self._several: dict[str, list[str]] = {}
        if len(self.by_id) < sum(bool(entry.okta_id) for entry in index.users.values()):
            self._several = _several(index)

    @property
    def some_have_several(self) -> bool:
        """Whether several users have one Okta id."""
        return bool(self._several)

    def of(self, okta_id: str) -> list[str]:
        """The names for one person; normally one, and never a name that another person has in Okta."""
        name = self.by_id.get(okta_id)
        if name is None or okta_id not in self._several:
            return [] if name is None else [name]
        return [name for name in self._several[okta_id] if self.bearers.get(name, okta_id) == okta_id]


def _several(index: DirectoryIndex) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for name, entry in index.users.items():
        if entry.okta_id:
            names[entry.okta_id].append(name)
    return {okta_id: of_one for okta_id, of_one in names.items() if len(of_one) > 1}
