"""Addresses: the one string form, `kind/name`, under which plans, journals and people name an object."""

from typing import Literal, NewType

Address = NewType("Address", str)
PlainKind = Literal["role", "app", "user_group"]
"""Kinds of resource that have no members and are about no person."""
Kind = Literal["user", "lock", "access_list", "access_list_member"] | PlainKind
PLAIN_KINDS: tuple[PlainKind, ...] = ("role", "app", "user_group")


def user_address(name: str) -> Address:
    """Address of a directory user, by name."""
    return Address(f"user/{name}")


def lock_address(name: str) -> Address:
    """Address of a lock, by its name (a UUID for locks of ours)."""
    return Address(f"lock/{name}")


def access_list_address(name: str) -> Address:
    """Address of an access list, by its name (the Okta id for lists of ours)."""
    return Address(f"access_list/{name}")


def plain_address(kind: PlainKind, name: str) -> Address:
    """Address of a role, an app or a group, by its name (the Okta id for apps and groups of ours)."""
    return Address(f"{kind}/{name}")


def is_plain(address: Address | str) -> bool:
    """Whether an address is that of a role, an app or a group."""
    return address.partition("/")[0] in PLAIN_KINDS


def member_address(access_list: str, member: str) -> Address:
    """Address of one membership; a list's name holds no slash, a member's may."""
    return Address(f"access_list_member/{access_list}/{member}")


def split_address(address: Address | str) -> tuple[str, str]:
    """Kind and name of an address; only the first slash separates, since names may hold slashes."""
    kind, _, name = address.partition("/")
    return kind, name
