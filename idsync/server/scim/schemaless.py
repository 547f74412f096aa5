"""Values that no schema describes, changed by a PATCH: their JSON alone says what it means (RFC 7644 §3.5.2).

A list is an attribute of many values, an object is one with parts, and anything else is a single value. What is put
somewhere is a copy: what was sent may have to be taken once more.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from scim2_models import InvalidPathException, InvalidValueException, NoTargetException
from scim2_models.path import FilterNode

from idsync.model.canonical import canonical_bytes
from idsync.server.scim.schemaless_filters import described, has_parts, matches, spelled

Object = dict[str, Any]
_NOTHING: tuple[Any, ...] = (None, [], {})
"""What an attribute has that is unassigned (RFC 7643 §2.5)."""


class Step(NamedTuple):
    """One step into an object: to an attribute, or to those of its values that a filter chooses."""

    name: str
    chosen: FilterNode | None = None


Steps = Sequence[Step]


def put(holder: Object, steps: Steps, value: Any, *, is_add: bool) -> None:
    """Put a value where steps lead: in the place of what is there, or, where it `is_add`, with the values of a list.

    An object puts its parts and leaves others; null and an empty list unassign. Raises InvalidPathException where
    something has no parts or no values to choose from, and NoTargetException where none is chosen.
    """
    step, *more = steps
    _put_at(holder, spelled(holder, step.name), step, more, value, is_add=is_add)


def _put_at(holder: Object, name: str, step: Step, more: Steps, value: Any, *, is_add: bool) -> None:
    there = holder.get(name)
    if step.chosen is not None:
        values = _values(there, step)
        holder[name] = _with_chosen(values, step.chosen, more, value, is_add=is_add)
    elif more:
        holder[name] = {} if there in _NOTHING else there
        for each in _with_parts(holder[name], step):
            put(each, more, value, is_add=is_add)
    elif is_add and isinstance(there, list):
        _add(there, value)
    elif isinstance(value, dict):
        holder[name] = there if isinstance(there, dict) else {}
        _put_parts(holder[name], value, is_add=is_add)
    else:
        holder[name] = deepcopy(value)
    _drop_nothing(holder, name)


def remove(holder: Object, steps: Steps, value: Any = None) -> None:
    """Take away what steps lead to; of a list, only entries with all parts of `value`, or of an object in it.

    Removing what is not there changes nothing. Raises InvalidPathException as `put` does.
    """
    step, *more = steps
    name = spelled(holder, step.name)
    there = holder.get(name)
    if there in _NOTHING:
        pass
    elif step.chosen is not None:
        holder[name] = list(_without_chosen(_values(there, step), step.chosen, more, value))
    elif more:
        for each in _with_parts(there, step):
            remove(each, more, value)
        if isinstance(there, list):
            holder[name] = [each for each in there if each]
    elif value is not None:
        unwanted = value if isinstance(value, list) else [value]
        holder[name] = [each for each in _values(there, step) if not any(has_parts(each, parts) for parts in unwanted)]
    else:
        holder[name] = None
    _drop_nothing(holder, name)


def _with_chosen(values: list[Any], chosen: FilterNode, more: Steps, value: Any, *, is_add: bool) -> list[Any]:
    """The values of an attribute, with a value put into those that are chosen, or in their place."""
    if any(matches(chosen, each) for each in values):
        return [_changed(each, more, value, is_add=is_add) if matches(chosen, each) else each for each in values]
    made = described(chosen)
    if made is None:
        raise NoTargetException(detail="The filter of the path chooses no value, and describes none.")
    made = _changed(made, more, value, is_add=is_add)
    if not matches(chosen, made):
        raise InvalidValueException(detail="The value is not one that the filter of the path chooses.")
    return [*values, made]


def _changed(entry: Any, more: Steps, value: Any, *, is_add: bool) -> Any:
    if not more and not isinstance(value, dict):
        return deepcopy(value)
    parts = entry if isinstance(entry, dict) else {}
    if more:
        put(parts, more, value, is_add=is_add)
    else:
        _put_parts(parts, value, is_add=is_add)
    return parts


def _without_chosen(values: list[Any], chosen: FilterNode, more: Steps, value: Any) -> Iterator[Any]:
    """The values of an attribute but for those that are chosen, or for parts of them."""
    for each in values:
        if matches(chosen, each):
            if not more or not isinstance(each, dict):
                continue
            remove(each, more, value)
        if each not in _NOTHING:
            yield each


def _put_parts(holder: Object, parts: Mapping[str, Any], *, is_add: bool) -> None:
    spellings = {each.casefold(): each for each in holder}
    for name, part in parts.items():
        _put_at(holder, spellings.get(name.casefold(), name), Step(name), (), part, is_add=is_add)


def _add(there: list[Any], value: Any) -> None:
    known = {canonical_bytes(each) for each in there}
    for each in value if isinstance(value, list) else [value]:
        text = canonical_bytes(each)
        if text not in known:
            known.add(text)
            there.append(deepcopy(each))


def _drop_nothing(holder: Object, name: str) -> None:
    if holder.get(name) in _NOTHING:
        holder.pop(name, None)


def _values(there: Any, step: Step) -> list[Any]:
    """The values of an attribute that may have many."""
    if isinstance(there, list):
        return there
    if there in _NOTHING:
        return []
    raise InvalidPathException(detail=f"{step.name} has one value, and none to choose from.")


def _with_parts(there: Any, step: Step) -> list[Object]:
    """The value of an attribute, or its values, each of which has parts."""
    values = there if isinstance(there, list) else [there]
    if not all(isinstance(each, dict) for each in values):
        raise InvalidPathException(detail=f"{step.name} has a value without parts.")
    return values
