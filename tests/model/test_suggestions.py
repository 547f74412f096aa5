"""What may be meant by a name that nobody has: the nearest one, or nothing where nothing is near."""

from collections.abc import Callable

import pytest

from idsync.model.suggestions import did_you_mean, nearest, nearest_people

PEOPLE = [f"person{number:05}@enzos-pizza.com" for number in range(20_000)]
MOST = [*PEOPLE, "enzo.moretti@enzos-pizza.com", "alice.bianchi@enzos-pizza.com", "Ren\u00e9@enzos-pizza.com"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("enzo.morreti@enzos-pizza.com", "enzo.moretti@enzos-pizza.com"),
        ("alice.bianci@enzos-pizza.com", "alice.bianchi@enzos-pizza.com"),
        ("ALICE.BIANCHI@enzos-pizza.com", "alice.bianchi@enzos-pizza.com"),
        ("alice.bianchi", "alice.bianchi@enzos-pizza.com"),
        ("ren\u00e9@enzos-pizza.com", "Ren\u00e9@enzos-pizza.com"),
    ],
)
def test_a_person_is_found_among_many_by_what_stands_before_the_at(asked: str, meant: str) -> None:
    assert nearest_people(asked, MOST) == [meant]


@pytest.mark.parametrize("asked", ["", "somebody.else@enzos-pizza.com", "*@enzos-pizza.com", "x" * 1000])
def test_nobody_is_meant_by_a_name_that_is_like_nobodys(asked: str) -> None:
    assert nearest_people(asked, MOST) == []


def test_other_names_are_compared_whole() -> None:
    names = [f"team-{number}" for number in range(2_000)] + ["contractors", "Engineering"]
    assert nearest("contractor", names) == ["contractors"]
    assert nearest("engineering", names) == ["Engineering"]
    assert nearest("Enginering", names) == ["Engineering"]
    assert nearest("zzz", names) == []


def test_the_order_in_which_names_are_known_decides_nothing() -> None:
    assert nearest_people("persn00017@enzos-pizza.com", PEOPLE) == nearest_people(
        "persn00017@enzos-pizza.com", reversed(PEOPLE)
    )


def test_a_suggestion_is_a_sentence() -> None:
    assert did_you_mean([]) == ""
    assert did_you_mean(["a", "b"]) == ' Did you mean "a" or "b"?'


def test_a_suggested_name_makes_no_line_of_its_own() -> None:
    assert did_you_mean(["a\nb\x1b[31m"]) == r' Did you mean "a\nb\x1b[31m"?'


@pytest.mark.parametrize("suggest", [nearest, nearest_people])
def test_the_order_of_what_is_known_does_not_matter(suggest: Callable[[str, list[str]], list[str]]) -> None:
    for known in (["eng", "Eng", "ENG"], ["ann@x.com", "Ann@x.com", "ANN@x.com"]):
        for asked in ("eNg", "engg", "aNN@x.com", "anne@x.com"):
            assert suggest(asked, known) == suggest(asked, known[::-1])
