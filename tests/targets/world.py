"""Small objects of a directory, ours and foreign, with names that nobody would wish for."""

from datetime import UTC, datetime
from typing import Protocol

from hypothesis import strategies as st

from idsync.model.ownership import USER_ID_LABEL, our_labels
from idsync.model.resources import (
    AccessList,
    AccessListSpec,
    Grants,
    Lock,
    LockSpec,
    LockTarget,
    Membership,
    Metadata,
    Owner,
    User,
    UserSpec,
    access_list,
    lock,
    user,
)
from idsync.targets.protocol import DirectoryWriter, Target

ORG = "https://enzos-pizza.okta.com"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HOSTILE_NAMES = (
    "hiro@enzos-pizza.com",
    "a/b/c",
    'it\'s "quoted"; DROP TABLE users; --',
    "line\nbreak\r\n\ttab",
    "\x1b[31mred\x1b[0m",
    "é",
    "e\u0301",
    "ÉLODIE",
    "名前",
    "🍕" * 3,
    "%_*?[a-z]\\",
    "null",
    " leading and trailing ",
    "x" * 10_000,
)
LIST_NAMES = ("00g1", "00g2", "0oa3", "it's; --", "é", "e\u0301", "line\nbreak")


def our_user(name: str, *roles: str, okta_id: str = "00u1") -> User:
    return user(
        Metadata(name, labels={**our_labels(ORG), USER_ID_LABEL: okta_id}),
        UserSpec(roles=roles or ("okta-requester",), traits={"okta/login": (name,)}),
    )


def foreign_user(name: str, *roles: str) -> User:
    return user(Metadata(name, labels={"team": "platform"}), UserSpec(roles=roles or ("editor",)))


def our_list(name: str, title: str = "Engineering", *roles: str) -> AccessList:
    spec = AccessListSpec(title, owners=(Owner("alice"),), grants=Grants(roles=roles))
    return access_list(Metadata(name, labels=our_labels(ORG)), spec)


def foreign_list(name: str, title: str = "Hand-made") -> AccessList:
    return access_list(Metadata(name), AccessListSpec(title))


def our_lock(name: str, who: str = "leaver", expires: str | None = None) -> Lock:
    return lock(Metadata(name, labels=our_labels(ORG)), LockSpec(LockTarget(user=who), "left", expires))


def foreign_lock(name: str, who: str = "leaver", expires: str | None = None) -> Lock:
    return lock(Metadata(name), LockSpec(LockTarget(user=who), "by hand", expires))


class WritableTarget(Target, DirectoryWriter, Protocol):
    """A target that also takes whole objects, as people's own hands put them there."""


names = st.sampled_from(HOSTILE_NAMES)
list_names = st.sampled_from(LIST_NAMES)
roles = st.lists(st.sampled_from(["dev", "ops", "requester"]), min_size=1, max_size=2).map(tuple)
users = st.builds(lambda make, name, some: make(name, *some), st.sampled_from([our_user, foreign_user]), names, roles)
locks = st.builds(
    lambda make, name: make(name), st.sampled_from([our_lock, foreign_lock]), st.sampled_from(["l1", "l/2", "é"])
)
access_lists = st.builds(
    lambda make, name, title: make(name, title),
    st.sampled_from([our_list, foreign_list]),
    list_names,
    st.sampled_from(["A", "B"]),
)
memberships = st.sampled_from(
    [
        Membership(),
        Membership(joined="2026-01-01T00:00:00Z"),
        Membership(reason="on call", expires="2027-01-01T00:00:00Z"),
    ]
)
member_maps = st.dictionaries(names, memberships, max_size=4)
