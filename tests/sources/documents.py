"""Snapshot documents for tests: plain JSON values, as a file holds them."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from idsync.model.odd_rows import name_fault
from tests.effort import examples

Json = Any

few = settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(few, max_examples=examples(830))

ids = st.text("abcdefghij0123456789_-.", min_size=1, max_size=12)
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: not name_fault(name)  # what shows, no schema can say
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=3,
)


def _with(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(required, optional=optional)


users = _with(
    {"id": ids, "username": names, "status": texts, "profile": st.dictionaries(texts, values, max_size=4)},
    {"scope": st.sampled_from(["USER", "GROUP"])},
)
groups = _with({"id": ids, "name": names, "members": st.lists(ids, max_size=4)}, {"description": texts, "type": texts})
apps = _with(
    {"id": ids, "label": names, "users": st.lists(ids, max_size=4)},
    {"name": texts, "status": texts, "groups": st.lists(ids, max_size=3)},
)


def _listed(rows: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.lists(rows, max_size=3, unique_by=lambda row: row["id"])


documents = _with(
    {
        "format_version": st.sampled_from(["1.0", "1.7"]),
        "org_url": st.sampled_from(["https://enzos-pizza.okta.com", "http://127.0.0.1:8080/"]),
        "app_id": ids,
        "taken_at": st.sampled_from(["2026-11-22T00:00:00Z", "2026-11-22T00:00:00.123+01:00"]),
        "complete": st.booleans(),
        "users": _listed(users),
        "groups": _listed(groups),
        "apps": _listed(apps),
    },
    {
        "app_label": texts,
        "sanitized": st.booleans(),
        "unassigned": st.dictionaries(ids, texts, max_size=3),
        "later_addition": values,
    },
)


def minimal(**members: Json) -> dict[str, Json]:
    """The smallest snapshot, with these members set."""
    return {
        "format_version": "1.0",
        "org_url": "https://enzos-pizza.okta.com",
        "app_id": "0oa1",
        "taken_at": "2026-11-22T00:00:00Z",
        "complete": True,
        "users": [],
        "groups": [],
        "apps": [],
    } | members
