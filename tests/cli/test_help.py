"""Help is quick and complete: it imports click and nothing heavier, and knows every command."""

import shlex
import subprocess
import sys
from importlib import resources

import click
import pytest

from idsync import __version__
from idsync.cli.application import COMMANDS, application
from idsync.cli.examples import EXAMPLES
from tests.cli.running import Idsync

_IMPORTED = """
import sys
before = set(sys.modules)
from idsync.cli.application import run
code = run({arguments!r})
third = {{name.partition('.')[0] for name in set(sys.modules) - before}} - set(sys.stdlib_module_names)
print(code, sorted(third), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"]])
def test_help_imports_click_and_nothing_heavier(arguments: list[str]) -> None:
    program = _IMPORTED.format(arguments=arguments)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    code, third = ended.stderr.splitlines()[-1].split(" ", 1)
    assert code in ("0", "64")
    assert third in ("['click', 'idsync']", "['_virtualenv', 'click', 'idsync']")


def test_every_command_has_its_module_and_every_module_its_command() -> None:
    modules = {entry.name for entry in resources.files("idsync.cli.commands").iterdir() if entry.name.endswith(".py")}
    assert modules == {"__init__.py", "import_.py"} | {f"{name}.py" for name in COMMANDS if name != "import"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps(name: str, idsync: Idsync) -> None:
    ended = idsync(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: idsync {name}")
    assert "--debug  " not in ended.out
    assert "Options of every command" in ended.out
    assert all(f"  {example}\n" in ended.out for example in EXAMPLES[name])
    assert ended.err == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_can_be_parsed(name: str) -> None:
    context = click.Context(application, info_name="idsync")
    command = application.get_command(context, name)
    assert command is not None
    for example in EXAMPLES[name]:
        for part in example.split(" | "):
            words = shlex.split(part.removeprefix('eval "$(').removesuffix(')"'))
            if words[:2] == ["idsync", name]:
                arguments = words[2 : words.index(">") if ">" in words else None]
                command.make_context(name, arguments, parent=context)


def test_help_of_a_command_is_asked_for_in_two_ways(idsync: Idsync) -> None:
    assert idsync("help", "plan").out == idsync("plan", "--help").out
    assert idsync("help").out == idsync("--help").out
    assert 'Did you mean "plan"?' in idsync("help", "paln").err
    assert idsync("-V").out == idsync("--version").out == idsync("version").out


def test_help_of_a_command_within_another_is_asked_for_in_two_ways(idsync: Idsync) -> None:
    whole = idsync("help", "scim", "token", "create")
    assert whole.out == idsync("scim", "token", "create", "--help").out
    assert whole.out.startswith("Usage: idsync scim token create")
    assert "Options of every command" in whole.out
    assert idsync("help", "plan", "create").code == 64


@pytest.mark.parametrize(
    ("group", "names"),
    [
        (("scim",), "token"),
        (("scim", "token"), "create, list, revoke, rotate"),
        (("keys",), "create, list, rotate"),
        (("store",), "copy"),
        (("enroll",), "okta"),
    ],
)
def test_a_group_without_a_command_names_those_it_has(group: tuple[str, ...], names: str, idsync: Idsync) -> None:
    ended = idsync(*group)
    assert (ended.code, ended.out) == (64, "")
    name = " ".join(group)
    assert ended.err == f"error: Missing command.\n  fix: Name one of {names}. See `idsync {name} --help`.\n"
    assert "..." not in idsync(*group, "--help").out.partition("Commands:")[2].partition("\n\n")[0]


def test_options_of_every_command_complete_though_their_help_is_elsewhere(idsync: Idsync) -> None:
    assert "--config" in idsync("--help").out
    assert idsync("plan", "--log-format", "xml").code == 64


def test_choices_are_told_without_escapes(idsync: Idsync) -> None:
    for command in ("schema", "completion"):
        assert "\\" not in idsync(command).err


def test_without_a_command_help_is_shown(idsync: Idsync) -> None:
    assert idsync().out == idsync("--help").out
    assert "Exit codes" in idsync().out


def test_the_version_is_told(idsync: Idsync) -> None:
    assert __version__ in idsync("--version").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str, idsync: Idsync) -> None:
    ended = idsync("completion", shell)
    assert ended.code == 0
    assert "_IDSYNC_COMPLETE" in ended.out


def test_a_shell_is_told_commands_without_importing_any() -> None:
    program = """
import os, sys
os.environ |= {"_IDSYNC_COMPLETE": "bash_complete", "COMP_WORDS": "idsync p", "COMP_CWORD": "1"}
from idsync.cli.application import run
code = run([])
print(code, sorted(name for name in sys.modules if name.startswith("idsync.cli.commands.")))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["plain,plan", "0 []"]
