"""People whose Okta id became known after they got an account: what carries the id that stood for it is theirs.

`okta_ids` are Okta ids by the SCIM ids that stood for them until they were known.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from idsync.model.agreed_past import AgreedPast
from idsync.model.directory import DirectoryState
from idsync.model.directory_index import DirectoryIndex
from idsync.model.ownership import USER_ID_LABEL, okta_id_of
from idsync.model.resources import Lock, User

Labelled = TypeVar("Labelled", User, Lock)
OktaIds = Mapping[str, str]
NOBODY: OktaIds = {}
replace = msgspec.structs.replace


def identified_index(index: DirectoryIndex, okta_ids: OktaIds) -> DirectoryIndex:
    """The index, as if every user of ours carried the Okta id."""
    known = {name: entry for name, entry in index.users.items() if (entry.okta_id or "") in okta_ids}
    users = {name: replace(entry, okta_id=okta_ids[entry.okta_id or ""]) for name, entry in known.items()}
    return replace(index, users={**index.users, **users}) if users else index


def identified_state(state: DirectoryState, okta_ids: OktaIds) -> DirectoryState:
    """The state, as if every user and lock of ours carried the Okta id."""
    users, locks = identified_objects(state.users, okta_ids), identified_objects(state.locks, okta_ids)
    if users is state.users and locks is state.locks:
        return state
    return replace(state, users=users, locks=locks)


def identified_objects(objects: dict[str, Labelled], okta_ids: OktaIds) -> dict[str, Labelled]:
    """These objects, each that carries what stood for an Okta id labelled with that; the same ones where none does."""
    known = {name: item for name, item in objects.items() if okta_id_of(item.metadata.labels) in okta_ids}
    if not known:
        return objects
    return {**objects, **{name: _labelled(item, okta_ids) for name, item in known.items()}}


def identified_past(past: AgreedPast, okta_ids: OktaIds) -> AgreedPast:
    """What is agreed on of people, under their Okta ids."""
    if not okta_ids or not past:
        return past
    former = tuple(replace(each, okta_id=okta_ids.get(each.okta_id, each.okta_id)) for each in past.former)
    lifted = tuple(replace(each, okta_id=okta_ids.get(each.okta_id, each.okta_id)) for each in past.lifted)
    ended = tuple(replace(each, okta_id=okta_ids.get(each.okta_id, each.okta_id)) for each in past.ended)
    return AgreedPast(former, lifted, ended)


def _labelled(item: Labelled, okta_ids: OktaIds) -> Labelled:
    labels = {**item.metadata.labels, USER_ID_LABEL: okta_ids[okta_id_of(item.metadata.labels)]}
    return replace(item, metadata=replace(item.metadata, labels=labels))
