"""Plans of any shape: every struct's fields by their types, with the few rules that types do not say."""

import typing
from enum import EnumMeta
from functools import cache
from types import NoneType, UnionType

import msgspec
from hypothesis import strategies as st

from idsync.plan.changes import PLAIN_CHANGES, AccessListChange, Edit, GuardResult, Inputs, LockChange, Plan, UserChange

ODD = st.sampled_from(
    ["", " ", "a\nb", "\x1b[31m", "\u202e", "@acme/admins", "`|`", "<b>", "[x](http://a.b)", "#12", "e\u0301", "\u3164"]
)
TEXT = st.one_of(st.text(max_size=12), ODD, st.text("ab@|`<>_*~#\\\n\u200b", max_size=200))
COUNT = st.integers(0, 2**40)
FINGERPRINT = st.text("0123456789abcdef", min_size=32, max_size=32)
DIGEST = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:".__add__)
FIXED: dict[tuple[type, str], st.SearchStrategy[typing.Any]] = {
    (Plan, "format_version"): st.sampled_from(["1.0", "1.7"]),
    (Plan, "digest"): DIGEST,
    (Edit, "before_digest"): DIGEST,
    (Inputs, "config_digest"): DIGEST,
    (Inputs, "snapshot_digest"): DIGEST,
    (GuardResult, "limit"): st.one_of(COUNT, st.floats(0, 1e9)),
}


@cache
def values_of(kind: typing.Any) -> st.SearchStrategy[typing.Any]:
    """Any value of a type that plans hold."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, UnionType):
        return st.one_of([values_of(argument) for argument in arguments])
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXT, values_of(arguments[1]), max_size=3)
    if isinstance(kind, EnumMeta):
        return st.sampled_from(list(kind))
    if kind in (UserChange, LockChange, AccessListChange, *PLAIN_CHANGES.values()):
        return changes_of(kind)
    return structs_of(kind)


_SCALARS: dict[typing.Any, st.SearchStrategy[typing.Any]] = {
    str: TEXT,
    int: COUNT,
    bool: st.booleans(),
    typing.Any: TEXT,
    NoneType: st.none(),
    msgspec.UnsetType: st.just(msgspec.UNSET),
}


def structs_of(kind: type[msgspec.Struct], **fixed: st.SearchStrategy[typing.Any]) -> st.SearchStrategy[typing.Any]:
    """Any value of a struct, some fields as given."""
    hints = typing.get_type_hints(kind)
    known = {name: strategy for (owner, name), strategy in FIXED.items() if owner is kind} | fixed
    inferred = {name: _later(hints[name]) for name in kind.__struct_fields__ if name not in known}
    return st.builds(kind, **inferred, **known)


def _later(hint: typing.Any) -> st.SearchStrategy[typing.Any]:
    """Looked up when it is drawn from: what a type holds may be of that type."""
    return st.deferred(lambda: values_of(hint))


def changes_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[typing.Any]:
    """Changes whose action agrees with what is there before and after, and whose address with the kind."""
    hints = typing.get_type_hints(kind)
    (resource,) = typing.get_args(kind.__orig_bases__[0])  # type: ignore[attr-defined]
    prefix = f"{kind.__struct_config__.tag}/"
    marks = {name: st.one_of(st.none(), FINGERPRINT) for name in hints if name.endswith("fingerprint")}

    def of_action(action: str, before: typing.Any, after: typing.Any) -> st.SearchStrategy[typing.Any]:
        sides = {"before": values_of(before), "after": values_of(after)}
        return structs_of(kind, action=st.just(action), address=TEXT.map(prefix.__add__), **sides, **marks)

    return st.one_of(
        of_action("create", NoneType, resource),
        of_action("update", resource, resource),
        of_action("delete", resource, NoneType),
    )


PLANS: st.SearchStrategy[Plan] = values_of(Plan)
