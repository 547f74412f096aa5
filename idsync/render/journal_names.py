"""What the journal's entries are about, as people call it: lists by their titles, locks by whom they are on."""

from collections.abc import Iterable, Mapping

import msgspec

from idsync.model.addresses import Address, split_address
from idsync.model.journal import Entry, MadeByHand, Numbered, StepFailed, StepMade
from idsync.render.escape_text import shown
from idsync.render.phrases import named

Told = Mapping[Address, str]
NOTHING_TOLD: Told = {}


class _Target(msgspec.Struct):
    user: str | None = None


class _Spec(msgspec.Struct):
    title: str = ""
    target: _Target | None = None


class _Body(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)


_BODY = msgspec.json.Decoder(_Body)


def has_title(entry: Entry) -> bool:
    """Whether the body of what an entry is about says what people call it: of a list or a lock."""
    return isinstance(entry, StepMade | MadeByHand) and entry.address.startswith(("lock/", "access_list/"))


def lists_named(entries: Iterable[Numbered]) -> set[str]:
    """The names of the lists that these entries are about, their members included."""
    return {
        split_address(each.entry.address)[1].partition("/")[0]
        for each in entries
        if isinstance(each.entry, StepMade | StepFailed | MadeByHand) and each.entry.address.startswith("access_list")
    }


def told_names(entries: Iterable[Numbered], bodies: Mapping[str, bytes], titles: Mapping[str, str]) -> Told:
    """Words for the addresses in these entries, from the bodies that these name; `titles` are those of lists now."""
    told: dict[Address, str] = {}
    for each in entries:
        entry = each.entry
        if not isinstance(entry, StepMade | StepFailed | MadeByHand):
            continue
        kind, name = split_address(entry.address)
        spec = _spec_in(entry, bodies)
        if kind == "lock" and spec.target is not None and spec.target.user:
            told[entry.address] = f"lock on {shown(spec.target.user)}"
        elif kind == "access_list":
            told[entry.address] = f"list {named(spec.title or titles.get(name, ''), name)}"
        elif kind == "access_list_member":
            access_list, _, member = name.partition("/")
            told[entry.address] = f"member {shown(member)} of list {named(titles.get(access_list, ''), access_list)}"
    return told


def _spec_in(entry: StepMade | StepFailed | MadeByHand, bodies: Mapping[str, bytes]) -> _Spec:
    prints = () if isinstance(entry, StepFailed) else (entry.after, entry.before)
    body = next((bodies[each] for each in prints if each is not None and each in bodies), None)
    try:
        return _Spec() if body is None else _BODY.decode(body).spec
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Spec()
