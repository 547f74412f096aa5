"""YAML with positions: types of scalars, places, limits, and texts that mean harm."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idsync.config.composer import MAX_VALUES, Budget, compose
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, child, find, follow, items_of, key_position, plain
from idsync.config.scalars import resolve


def composed(text: str) -> tuple[list[Node], list[str]]:
    mistakes = Mistakes()
    documents = list(compose(text, "f", mistakes, Budget()))
    return documents, [f"{found.position} {found.code}" for found in mistakes.found]


def values(text: str) -> list[object]:
    documents, mistakes = composed(text)
    assert mistakes == []
    return [plain(document) for document in documents]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("012", "012"),
        ("0x1f", "0x1f"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("1" * 5000, "1" * 5000),
        ("=", "="),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("2.50", 2.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("00.5", "00.5"),
        ("-", "-"),
        (".", "."),
    ],
)
def test_plain_scalars_have_the_types_of_yaml_1_2(written: str, value: object) -> None:
    assert resolve(written) == value
    assert type(resolve(written)) is type(value)


def test_quoted_and_block_scalars_are_text() -> None:
    assert values("- 'true'\n- \"1\"\n- |\n  2\n- >-\n  null\n") == [["true", "1", "2\n", "null"]]


def test_documents_without_content_are_left_out() -> None:
    assert values("# only a comment\n---\n---\na: 1\n---\nnull\n...\n---\n# end\n") == [{"a": 1}]
    assert values("") == []


def test_keys_are_text_whatever_they_look_like() -> None:
    assert values("1: a\ntrue: b\nnull: c\n012: d\n") == [{"1": "a", "true": "b", "null": "c", "012": "d"}]


def test_aliases_repeat_values_and_keys() -> None:
    assert values("a: &x [1, &y z]\nb: *x\nc: *y\n&k d: *k\n") == [{"a": [1, "z"], "b": [1, "z"], "c": "z", "d": "d"}]


def test_an_anchor_may_be_given_again() -> None:
    assert values("- &x 1\n- *x\n- &x 2\n- *x\n") == [[1, 1, 2, 2]]


def test_every_key_and_value_knows_its_place() -> None:
    (document,), _ = composed("spec:\n  rules:\n    - {group: é😀, roles: [a, b]}\n    - title: |\n        x\n")
    assert str(key_position(find(document, "spec"), "rules")) == "f:2:3"
    rules = items_of(find(document, "spec", "rules"))
    assert [str(rule.position) for rule in rules] == ["f:3:7", "f:4:7"]
    assert str(follow(rules[0], ["group"]).position) == "f:3:15"
    assert str(key_position(rules[0], "roles")) == "f:3:19"
    assert str(follow(rules[0], ["roles", 1]).position) == "f:3:30"
    assert child(rules[0], "absent") is None
    assert child(rules[0], 0) is None


def test_an_absent_value_stands_where_its_key_does() -> None:
    (document,), _ = composed("a:\n  b:\n\n\nc: 1\n")
    assert str(follow(document, ["a", "b"]).position) == "f:2:3"


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_count_them(line_break: str) -> None:
    text = line_break.join(["a: 'x\u2028y\u0085z' # \u2029", "b: 1", "b: 2"])
    assert composed(text)[1] == ["f:3:1 duplicate_key"]


def test_later_mistakes_of_a_document_are_found_too() -> None:
    text = "a: !!str x\na: 2\n<<: {b: 1}\n? [c]\n: 1\nd: !x {}\n! e: 3\n"
    assert composed(text)[1] == [
        "f:1:4 yaml_tag",
        "f:2:1 duplicate_key",
        "f:3:1 yaml_merge_key",
        "f:4:3 key_not_text",
        "f:6:4 yaml_tag",
        "f:7:1 yaml_tag",
    ]


def test_a_quoted_merge_key_is_an_ordinary_key() -> None:
    assert values('"<<": 1') == [{"<<": 1}]


def test_what_libyaml_can_only_say_in_its_own_words_is_passed_on() -> None:
    mistakes = Mistakes()
    assert list(compose("a: b\n c: d\n", "f", mistakes, Budget())) == []
    assert mistakes.found[0].summary == "mapping values are not allowed in this context"


LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 30)
)
HARMFUL = {
    "billion laughs": (LAUGHS, "yaml_too_many_values"),
    "an alias used very often": (f"a: &a [{'x,' * 1000}]\nb: [{'*a,' * 200_000}]", "yaml_too_many_values"),
    "aliases that double mappings": (
        "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{x: *a{n - 1}, y: *a{n - 1}}}\n" for n in range(1, 25)),
        "yaml_too_many_values",
    ),
    "very many values": ("- a\n" * (MAX_VALUES + 10), "yaml_too_many_values"),
    "very many small documents": ("--- a\n" * (MAX_VALUES // 2), None),
    "nested lists": ("[" * 100_000, "yaml_too_deep"),
    "nested mappings": ("{" * 100_000, "yaml_too_deep"),
    "nested block lists": ("- " * 100_000, "yaml_too_deep"),
    "nested keys": ("? " * 100_000, "yaml_too_deep"),
    "nested pairs": ("{a: " * 100_000, "yaml_too_deep"),
    "tag directives": ("".join(f"%TAG !a{n}! a\n" for n in range(60_000)) + "---\na\n", "yaml_tag"),
    "unknown directives": ("%A b\n" * 100_000, "yaml_syntax"),
    "a very long line": ("x: " + "y" * 1_000_000, None),
    "a very long tag": ("!<" + "a" * 1_000_000 + "> x", "yaml_tag"),
    "very many anchors": ("".join(f"- &a{n} x\n- *a{n}\n" for n in range(40_000)), None),
    "blank lines": (" \n" * 500_000 + "x", None),
    "escapes": ('"' + "\\n" * 400_000 + '"', None),
    "folded lines": ("a\n" * 400_000, None),
}
LARGEST = ("very many values", "very many small documents")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name in LARGEST else name for name in HARMFUL]
)
def test_a_text_that_means_harm_is_answered_within_seconds(name: str) -> None:
    text, code = HARMFUL[name]
    started = time.process_time()
    codes = {mistake.split()[1] for mistake in composed(text)[1]}
    assert time.process_time() - started < 10
    assert codes == ({code} if code else set())


PIECES = st.sampled_from(
    [
        *(
            "a",
            "b: ",
            "- ",
            "? ",
            "\n",
            "\n  ",
            "\n    ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "&x ",
            "*x",
            "!t ",
            "|\n",
            ">",
            "'",
            '"',
        ),
        *(
            "\t",
            "#",
            "---\n",
            "...\n",
            "%TAG ! x\n",
            "<<: ",
            "\r\n",
            "\x00",
            "\x85",
            "\u2028",
            "\ufeff",
            "é",
            "\\u",
            "~",
        ),
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=80))
@example("\ufeff\ufeffa: 1")
@example("- \ufeff")
@example("&a &b c")
@example("*x : 1")
def test_any_text_is_composed_or_refused_at_a_place_within_it(text: str) -> None:
    text = text.encode(errors="replace").decode()
    mistakes = Mistakes()
    for document in compose(text, "f", mistakes, Budget()):
        plain(document)
        assert document.position.line >= 1
    for found in mistakes.found:
        assert found.position.line >= 1
        assert found.position.column >= 1
        assert found.summary.isprintable()
