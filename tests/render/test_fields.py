"""What changed inside a resource is said field by field."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from msgspec.structs import replace

from idsync.model.resources import AccessList, Grants, Owner, User
from idsync.render.view.fields import differing_fields
from tests.effort import examples
from tests.render.plans import make_list, make_user
from tests.render.strategies import values_of


def said(before: Any, after: Any) -> list[str]:
    return list(differing_fields(before, after))


def test_equal_resources_have_no_differing_field() -> None:
    assert said(make_user("a"), make_user("a")) == []


def test_a_plan_without_updated_fields_does_not_load_the_library_that_describes_them() -> None:
    program = (
        "import sys\n"
        "from tests.render import plans\n"
        "from idsync.render.text import render_plan\n"
        "render_plan(plans.mass_leaving())\n"
        "assert 'deepdiff' not in sys.modules\n"
        "render_plan(plans.a_week())\n"
        "assert 'deepdiff' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_roles_and_traits_show_before_and_after() -> None:
    before = make_user("a", ("x", "y"), {"okta/title": ("One",), "okta/gone": ("g",)})
    after = make_user("a", ("y", "z"), {"okta/title": ("Two",), "okta/new": ("n",)})
    assert said(before, after) == [
        "roles: x, y → y, z",
        "traits.okta/gone: g → (none)",
        "traits.okta/new: (none) → n",
        "traits.okta/title: One → Two",
    ]


def test_a_mapping_that_was_absent_is_said_key_by_key() -> None:
    before, after = make_user("a"), make_user("a", (), {"k": ("v",), "empty": ()})
    assert said(before, after) == [
        "roles: okta-requester → (none)",
        "traits.empty: (none) → (empty)",
        "traits.k: (none) → v",
    ]


def test_titles_grants_and_owners_of_lists() -> None:
    before = make_list("l", "Old", ("a",))
    spec = replace(
        before.spec, title="New", grants=Grants((), {"t": ("v",)}), owners=(Owner("bob", "deputy"), Owner("al"))
    )
    assert said(before, replace(before, spec=spec)) == [
        "grants.roles: a → (none)",
        "grants.traits.t: (none) → v",
        "owners: alice@x.com → {name: bob, description: deputy}, al",
        "title: Old → New",
    ]


def test_a_long_list_is_said_by_what_comes_and_goes() -> None:
    many = tuple(f"role{number}" for number in range(50))
    before, after = make_user("a", (*many, "gone")), make_user("a", ("come", *many))
    assert said(before, after) == ["roles: adds come, drops gone (50 stay)"]


def test_a_long_list_in_another_order_is_said_to_be_so() -> None:
    many = tuple(f"role{number}" for number in range(50))
    assert said(make_user("a", many), make_user("a", many[::-1])) == ["roles: 50 values in another order"]


def test_a_list_that_grows_long_shows_what_it_gains() -> None:
    many = tuple(f"role{number}" for number in range(10))
    assert said(make_user("a", many[:1]), make_user("a", many)) == [
        "roles: adds role1, role2, role3, role4, role5, role6, … and 3 more (1 stay)"
    ]


def test_repeats_that_come_or_go_are_not_called_another_order() -> None:
    many = tuple(f"role{number}" for number in range(10))
    before, after = make_user("a", many), make_user("a", (*many, "role1"))
    assert said(before, after) == ["roles: 10 values before, 11 after: only repeats differ"]


def test_long_texts_say_where_they_differ() -> None:
    before, after = make_list("l", "x" * 500), make_list("l", "x" * 250 + "y" + "x" * 249)
    shortened = "x" * 80 + "…(390 more characters)…" + "x" * 30
    assert said(before, after) == [f"title: {shortened} → {shortened} (they differ from character 251 on)"]


def test_another_unicode_form_is_pointed_out() -> None:
    assert said(make_list("l", "é"), make_list("l", "e\u0301")) == [
        "title: é → e\u0301 (the same letters in another Unicode form)"
    ]


def test_text_over_many_lines_stays_on_one() -> None:
    lines = "\n".join(str(number % 7) for number in range(40))
    assert all("\n" not in line for line in said(make_list("l", lines), make_list("l", lines + "\nx")))


@settings(max_examples=examples(200), deadline=None)
@given(values_of(User), values_of(User))
def test_users_differ_exactly_when_a_field_is_named(before: User, after: User) -> None:
    lines = said(before, after)
    assert bool(lines) == (before != after)
    assert all(line.isprintable() for line in lines)


@settings(max_examples=examples(200), deadline=None)
@given(values_of(AccessList), values_of(AccessList))
def test_lists_differ_exactly_when_a_field_is_named(before: AccessList, after: AccessList) -> None:
    assert bool(said(before, after)) == (before != after)
