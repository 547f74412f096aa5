"""The script that plays Okta: its week, in both dialects, pushed to `idsync serve` and looked at as it says."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from idsync.cli.application import run
from idsync.model.directory import DirectoryState
from idsync.stores.sqlite.store import open_store_to_read
from idsync.targets.local import LocalTarget
from tests.acceptance.okta_world import Place
from tests.acceptance.programs import environment
from tests.acceptance.serving import serving

STORY = Path(__file__).parents[2] / "examples" / "pushed-week"
SCRIPT = STORY / "play_okta.py"
HELD_AND_NOT = (0, 10)
"""`explain` exits 0 where somebody has something, and 10 where not."""


BLOCKED = 5


def script() -> ModuleType:
    """The script as a module."""
    found = importlib.util.spec_from_file_location("play_okta", SCRIPT)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def directory(folder: Path) -> DirectoryState:
    """What the directory holds."""
    with open_store_to_read(folder / "idsync.db") as store:
        return LocalTarget(store.directory, "https://enzos-pizza.okta.com").state()


def logins(names: Iterable[str | None]) -> set[str]:
    """User names without their domain."""
    return {str(name).partition("@")[0] for name in names}


def told(state: DirectoryState) -> tuple[set[str], set[str], dict[str, set[str]]]:
    """Who has an account, who is locked, and who is in which list, by title."""
    locked = logins(lock.spec.target.user for lock in state.locks.values())
    lists = {state.access_lists[name].spec.title: logins(members) for name, members in state.members.items()}
    return logins(state.users), locked, lists


FIVE = {"ada", "boris", "chloe", "diego", "eve"}
TEMPORARY = {f"temp{number}" for number in range(1, 9)}
STAYING = FIVE - {"diego"}
WEB = {"Team web": {"ada", "eve"}, "Team support": {"boris", "chloe", "diego"}}
LAST = {"Team storefront": {"ada", "eve"}, "Team support": {"boris", "chloe"}}
DAYS = {
    "monday": (FIVE, set(), {"Team web": {"ada", "boris", "eve"}, "Team support": {"chloe", "diego"}}),
    "tuesday": (FIVE, set(), WEB),
    "wednesday": (FIVE, set(), WEB),
    "thursday": ({"ada", "boris", "eve"}, {"chloe", "diego"}, {"Team web": {"ada", "eve"}, "Team support": {"boris"}}),
    "friday": (STAYING, {"diego"}, LAST),
    "saturday": (STAYING | {"temp4", "temp5", "temp6", "temp7", "temp8"}, TEMPORARY | {"diego"}, LAST),
    "sunday": (STAYING | TEMPORARY, {"diego"}, LAST),
}


@pytest.mark.parametrize("patches", [True, False], ids=["patch", "put"])
def test_the_week_is_in_the_directory_day_by_day_and_every_look_shows_something(
    patches: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(STORY / "access", tmp_path / "access"))
    monkeypatch.chdir(tmp_path)
    module = script()
    with (
        serving(Place(folder, "", "", {})) as running,
        closing(module.Scim(running.url + running.base, running.token)) as scim,
    ):
        okta = module.Okta(scim, patches=patches)
        for day, looks in module.WEEK:
            module.tell(day, okta, looks)
            assert told(directory(folder)) == DAYS[day.__name__], day.__name__
            for command, _ in looks:
                if not command.startswith("lock "):  # a lock that a person makes would stay
                    assert run([*shlex.split(command), "-c", "access"]) in HELD_AND_NOT, command
        assert "No changes." in capsys.readouterr().out
        assert running.end() == 0


def test_the_release_that_saturday_tells_is_the_one_that_plan_prints_and_it_lets_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(STORY / "access", tmp_path / "access"))
    monkeypatch.chdir(tmp_path)
    module = script()
    days = {day.__name__: (day, looks) for day, looks in module.WEEK}
    with (
        serving(Place(folder, "", "", {})) as running,
        closing(module.Scim(running.url + running.base, running.token)) as scim,
    ):
        okta = module.Okta(scim, patches=True)
        for name in ("monday", "saturday"):
            module.tell(days[name][0], okta, days[name][1])
        command = re.search(r"`(idsync apply [^`]*)`", capsys.readouterr().out)
        assert command is not None
        assert run(["plan", "-c", "access"]) == 0
        assert command[1] in " ".join(capsys.readouterr().out.split())
        assert run(["apply", "-c", "access", "--auto-approve"]) == BLOCKED
        assert run([*shlex.split(command[1])[1:], "--auto-approve"]) == 0
        assert told(directory(folder))[0] == FIVE
        assert run(["history", "-c", "access"]) == 0
        assert "user_deletes" in capsys.readouterr().out
        assert running.end() == 0


def test_the_readme_tells_every_day_of_the_script() -> None:
    module, readme = script(), (STORY / "README.md").read_text()
    for day, _ in module.WEEK:
        assert f"| {day.__name__.capitalize()} |" in readme
    assert "(pushed-week/README.md)" in (STORY.parent / "README.md").read_text()


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [({}, 2, "IDSYNC_SCIM_TOKEN"), ({"IDSYNC_SCIM_TOKEN": "wrong"}, 1, "Does `idsync serve -c access` run?")],
    ids=["no token", "nobody listens"],
)
def test_what_is_missing_is_told(more: dict[str, str], code: int, words: str) -> None:
    command = [sys.executable, str(SCRIPT), "--base-url", "http://127.0.0.1:9/scim/v2/okta"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(more))
    assert ended.returncode == code
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_token_that_went_with_the_directory_is_refused_with_what_to_do(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(STORY / "access", tmp_path / "access"))
    with serving(Place(folder, "", "", {})) as running:
        command = [sys.executable, str(SCRIPT), "--base-url", running.url + running.base]
        ended = subprocess.run(
            command, capture_output=True, text=True, env=environment({"IDSYNC_SCIM_TOKEN": "of-another-directory"})
        )
        assert running.end() == 0
    assert ended.returncode == 1
    told = re.sub(r".*: (401: .*?) Tokens are kept.*", r"\1", ended.stderr.strip())
    assert told == "401: Errors reported by remote server: The bearer token is missing, unknown, revoked or expired."
    assert "make a token again" in ended.stderr
    assert told.rpartition(": ")[2] in (STORY / "README.md").read_text()
