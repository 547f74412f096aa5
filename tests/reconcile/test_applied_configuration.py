"""The configuration that was applied last comes back from the store as it was, whatever its files say by now."""

import shutil
from pathlib import Path

import pytest

from idsync.cli.application import run
from idsync.config.loader import load, load_documents
from idsync.config.settings import Settings
from idsync.config.source_files import SourceFile
from idsync.errors import StoreError
from idsync.reconcile.applied_configuration import (
    AppliedConfiguration,
    applied_configuration,
    applied_settings,
    configuration_to_remember,
)
from idsync.stores.sqlite.store import SqliteStore, open_store
from idsync.targets.local import LocalTarget

ROOT = Path(__file__).parents[2]
FOLDERS = [*sorted(path.parent for path in ROOT.glob("examples/*/idsync.yaml")), ROOT / "idsync/cli/starters/example"]
ORG = "https://enzos-pizza.okta.com"


def settings_of(folder: Path) -> Settings:
    loaded = load(folder)
    assert loaded.settings is not None
    return loaded.settings


def kept(org: Path) -> Settings | None:
    """What the store of an organization has for an unattended pass."""
    with open_store(org / "idsync.db") as store:
        applied = applied_configuration(store.facts, local(store))
        return None if applied is None else applied_settings(applied, org)


def local(store: SqliteStore) -> LocalTarget:
    return LocalTarget(store.directory, ORG)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "org"
    assert run(["init", str(folder), "--example", "-q"]) == 0
    return folder


@pytest.fixture
def org(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "org"))


def apply(org: Path, *options: str) -> int:
    return run(["apply", "-c", str(org), "--auto-approve", "-q", *options])


def more_locks(org: Path) -> None:
    """A change of what the configuration means."""
    config = org / "idsync.yaml"
    assert "suspended: lock" in config.read_text()
    config.write_text(config.read_text().replace("suspended: lock", "suspended: delete"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_texts_mean_what_their_files_mean(folder: Path) -> None:
    loaded = load(folder)
    again = load_documents(loaded.files, folder)
    assert again == loaded
    assert again.settings is not None
    assert loaded.settings is not None
    assert again.settings.digest == loaded.settings.digest


def test_texts_are_loaded_without_a_folder() -> None:
    loaded = load(FOLDERS[0])
    again = load_documents(loaded.files, Path("/nowhere/at/all"))
    assert again.settings == loaded.settings
    assert [file.name for file in again.files] == [file.name for file in loaded.files]


def test_what_is_wrong_with_texts_is_told_as_of_files() -> None:
    broken = load_documents(
        [SourceFile("a.yaml", "apiVersion: idsync/v1\nkind: Integration\nspec: {org: x}\n")], Path()
    )
    assert broken.settings is None
    assert {str(found.position).partition(":")[0] for found in broken.diagnostics} == {"a.yaml"}


def test_r36_an_apply_keeps_its_configuration(org: Path) -> None:
    assert apply(org) == 0
    assert kept(org) == settings_of(org)


def test_what_is_edited_afterwards_is_not_applied_yet(org: Path) -> None:
    apply(org)
    before = settings_of(org)
    more_locks(org)
    assert run(["plan", "-c", str(org), "-q"]) == 0
    assert kept(org) == before
    assert before.digest != settings_of(org).digest
    assert apply(org) == 0
    assert kept(org) == settings_of(org)


def test_an_apply_with_nothing_to_do_keeps_it_too(org: Path) -> None:
    apply(org)
    config = org / "idsync.yaml"
    config.write_text(config.read_text() + "# a comment\n")
    assert apply(org) == 0
    with open_store(org / "idsync.db") as store:
        applied = applied_configuration(store.facts, local(store))
    assert applied is not None
    assert applied.digest == settings_of(org).digest
    assert any(file.text.endswith("# a comment\n") for file in applied.files)


def test_so_does_an_apply_in_part_and_one_of_a_reviewed_plan(org: Path, tmp_path: Path) -> None:
    strict = org / "idsync.yaml"
    strict.write_text(strict.read_text().replace("user_deletes: {percent: 10", "user_deletes: {percent: 0"))
    run(["plan", "-c", str(org), "-q", "-o", str(tmp_path / "a.plan")])
    assert run(["apply", "-c", str(org), "-q", str(tmp_path / "a.plan")]) == 0
    assert kept(org) == settings_of(org)
    strict.write_text(strict.read_text().replace("floor: 5", "floor: 0"))
    next_week = str(org / "snapshot-next.json")
    assert apply(org, "--split", "--snapshot", next_week) == 5
    assert kept(org) == settings_of(org)


def test_an_apply_of_which_nothing_goes_ahead_keeps_nothing(org: Path) -> None:
    apply(org)
    before = settings_of(org)
    strict = org / "idsync.yaml"
    strict.write_text(
        strict.read_text().replace("floor: 5", "floor: 0").replace("suspended: lock", "suspended: delete")
    )
    strict.write_text(strict.read_text().replace("percent: 10", "percent: 0"))
    assert apply(org) == 5
    assert kept(org) == before
    assert settings_of(org) != before


def test_where_nothing_was_applied_there_is_none(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store:
        assert applied_configuration(store.facts, local(store)) is None


def test_the_same_configuration_is_not_written_twice(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store:
        applied = AppliedConfiguration("sha256:x", (SourceFile("a.yaml", "a: 1\n"),))
        facts = configuration_to_remember(applied, store.facts, local(store))
        assert len(facts) == 1
        store.facts.put(facts)
        assert configuration_to_remember(applied, store.facts, local(store)) == {}
        assert applied_configuration(store.facts, local(store)) == applied


def test_a_configuration_that_cannot_be_loaded_any_more_is_a_refusal(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store:
        applied = AppliedConfiguration("sha256:x", (SourceFile("a.yaml", "a: 1\n"),))
        store.facts.put(configuration_to_remember(applied, store.facts, local(store)))
        with pytest.raises(StoreError, match="cannot be loaded") as refusal:
            applied_settings(applied, tmp_path)
        assert "a.yaml" in refusal.value.why
        store.facts.put(dict.fromkeys(configuration_to_remember(replaced(applied), store.facts, local(store)), b"{"))
        with pytest.raises(StoreError, match="cannot be read"):
            applied_configuration(store.facts, local(store))


def replaced(applied: AppliedConfiguration) -> AppliedConfiguration:
    return AppliedConfiguration("sha256:y", applied.files)
