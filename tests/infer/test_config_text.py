"""Inferred configurations as text: read back as they were meant, whatever the names are."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idsync.config.composer import Budget, compose
from idsync.config.loader import load
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import plain
from idsync.config.secret_references import EnvironmentSecret, FileSecret
from idsync.config.settings import (
    ApiToken,
    AppById,
    AppByLabel,
    EmptyLists,
    Integration,
    OAuth,
    OktaSource,
    SnapshotSource,
    SuspendedPeople,
)
from idsync.config.yaml_writer import render_document, render_documents, scalar
from idsync.diagnostics import Position
from idsync.infer.config_text import Connection, config_text
from idsync.infer.configuration import Inferred
from idsync.infer.roles import RoleRules

NOWHERE = Position("")


def _inferred(**choices: object) -> Inferred:
    plainly: dict[str, object] = {
        "roles": RoleRules((), (), ()),
        "hidden_attributes": (),
        "suspended": SuspendedPeople.LOCK,
        "empty_lists": EmptyLists.DELETE,
        "locks_for_ever": False,
        "owners": (),
        "groups": (),
        "apps": (),
        "list_rules": (),
    }
    return Inferred(**{**plainly, **choices})  # type: ignore[arg-type]


def _integration(connection: Connection, inferred: Inferred, folder: Path) -> Integration:
    file = folder / "idsync.yaml"
    file.write_text(config_text(connection, inferred), "utf-8")
    loaded = load(file)
    assert loaded.diagnostics == ()
    assert loaded.settings is not None
    return loaded.settings.integration


@pytest.mark.parametrize(
    "authentication",
    [
        ApiToken(EnvironmentSecret("OKTA_API_TOKEN", NOWHERE)),
        ApiToken(FileSecret("secrets/token: 1", NOWHERE)),
        OAuth("0oa1", FileSecret("okta.pem", NOWHERE)),
        OAuth("0oa1", EnvironmentSecret("KEY", NOWHERE), "key-1"),
    ],
)
def test_the_way_to_sign_in_is_kept_as_a_reference(authentication: ApiToken | OAuth, tmp_path: Path) -> None:
    connection = Connection(
        "main", "https://enzos-pizza.okta.com", AppByLabel("SSO: app"), "sqlite:///x.db", authentication
    )
    found = _integration(connection, _inferred(), tmp_path)
    assert isinstance(found.source, OktaSource)
    assert (found.name, found.app, found.store) == ("main", AppByLabel("SSO: app"), "sqlite:///x.db")
    match found.authentication, authentication:
        case ApiToken(token=read), ApiToken(token=written):
            assert (type(read), read.__struct_fields__[0]) == (type(written), written.__struct_fields__[0])
        case OAuth() as read, OAuth() as written:
            assert (read.client_id, read.key_id) == (written.client_id, written.key_id)
        case _:
            pytest.fail("another way to sign in")


def test_every_choice_that_is_not_a_default_is_written(tmp_path: Path) -> None:
    connection = Connection(
        "okta", "https://enzos-pizza.okta.com", AppById("0oa1"), "sqlite:///idsync.db", None, "a b.json", "saml/"
    )
    inferred = _inferred(
        suspended=SuspendedPeople.IGNORE,
        empty_lists=EmptyLists.KEEP,
        locks_for_ever=True,
        hidden_attributes=("city", "x*"),
    )
    found = _integration(connection, inferred, tmp_path)
    assert found.source == SnapshotSource("a b.json")
    assert found.users.suspended is SuspendedPeople.IGNORE
    assert found.users.traits.prefix == "saml/"
    assert [found.users.traits.attributes.selects(name) for name in ("city", "x*", "xy", "title")] == [
        False,
        False,
        True,
        True,
    ]
    assert found.locks.ttl is None
    assert found.empty_lists is EmptyLists.KEEP
    assert not found.sync.access_lists


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def _read_back(text: str) -> list[object]:
    mistakes = Mistakes()
    documents: list[object] = [plain(document) for document in compose(text, "x.yaml", mistakes, Budget())]
    assert [str(found) for found in mistakes.found] == []
    return documents


@settings(deadline=None)
@given(plain_values.filter(lambda value: value is not None))
def test_any_value_is_read_back_from_its_document(value: object) -> None:
    assert _read_back(render_document(value)) == [value]  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.text("abc", min_size=1), st.integers(0, 9), min_size=1), max_size=3))
def test_any_values_are_read_back_from_their_stream(values: list[object]) -> None:
    assert _read_back(render_documents(values)) == values  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=20) | st.text("a,[]{}: #", max_size=9))
def test_any_text_is_read_back_from_inside_brackets(text: str) -> None:
    assert _read_back(f"{{key: [{scalar(text)}, {scalar(text)}]}}\n") == [{"key": [text, text]}]


@pytest.mark.parametrize("text", ["no", "012", "1e3", "", " a", "a: b", "- a", "#", "yes", "null", "~", "a\nb", "\x7f"])
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert scalar(text).startswith('"')
    assert _read_back(f"key: {scalar(text)}\n") == [{"key": text}]
