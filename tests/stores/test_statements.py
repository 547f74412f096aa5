"""SQL by name: the code names its statements, and every database has a text for each of them and for no other."""

import re
from pathlib import Path

import pytest

import idsync.stores.tables
from idsync.stores.postgres.statements import texts
from idsync.stores.sqlite.statements import TEXTS
from idsync.stores.tables.statements import Statement

CODE = {file: file.read_text() for file in sorted(Path(idsync.stores.tables.__path__[0]).glob("*.py"))}
NAMED = {
    Statement(match["file"], name)
    for text in CODE.values()
    for match in re.finditer(r'= Statements\("(?P<file>\w+\.sql)"\)', text)
    for name in re.findall(r'"(\w+)"', text)
}
"""Every word in quotes of a module, in the file of statements that the module uses."""
KEYED = {
    Statement("facts.sql", f"{verb}_{table}")
    for verb in ("get", "put", "delete", "between", "delete_between")
    for table in ("fact", "cache")
}
"""Those whose names are put together."""


RUN = re.compile(r'\._?connection\.(run|run_many|rows|row|chunks)\(\s*_(?:SQL|FACTS)\["(\w+)"\]')


@pytest.mark.parametrize("file", CODE, ids=lambda file: file.stem)
def test_a_statement_for_many_rows_is_given_rows_and_no_other_is(file: Path) -> None:
    named = re.search(r'= Statements\("(\w+\.sql)"\)', CODE[file])
    for how, name in RUN.findall(CODE[file]):
        assert named is not None
        assert bool(texts()[Statement(named[1], name)].columns) == (how == "run_many"), name


@pytest.mark.parametrize("statement", sorted(TEXTS), ids="/".join)
def test_a_statement_is_used_by_its_name(statement: Statement) -> None:
    assert statement in NAMED | KEYED


def test_both_databases_have_the_same_statements() -> None:
    assert texts().keys() == TEXTS.keys()


def test_every_statement_that_the_code_names_has_a_text() -> None:
    named = {
        Statement(match["file"], name)
        for text in CODE.values()
        for match in re.finditer(r'= Statements\("(?P<file>\w+\.sql)"\)', text)
        for name in re.findall(r'_(?:SQL|FACTS)\["(\w+)"\]', text)
    }
    assert named
    assert named | KEYED <= TEXTS.keys()
