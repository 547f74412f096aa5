"""Names that would steer a terminal or pass for a line of ours, through every command and every format."""

import ast
import json
import re
from pathlib import Path

import pytest

import idsync.cli as idsync_cli
from idsync.cli.application import COMMANDS
from idsync.cli.plans import FORMATS
from tests.cli.running import Ended, Idsync

EVIL = "\n::error::pwn\r\x1b[2J\x1b]0;t\x07\x9b1m\x7f\u202egnp\u2028\u2066x\u200b"
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Characters that act, and line ends other than our own."""
PERSON, OTHER, GROUP, APP = f"p{EVIL}@x", f"q{EVIL}@x", f"g{EVIL}", f"a{EVIL}"
CONFIG = """
apiVersion: idsync/v1
kind: Integration
spec:
  org_url: https://e.okta.com
  app: {id: 0oa1}
  source: {snapshot: {path: snapshot.json}}
  users: {default_roles: [base]}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [alice]}
---
apiVersion: idsync/v1
kind: AccessListRules
spec: {rules: [{group: "g*", grants: {roles: [granted]}}]}
"""


def _snapshot(*people: tuple[str, str], group: str = GROUP) -> str:
    ids = [okta_id for okta_id, _ in people]
    return json.dumps(
        {
            "format_version": "1.0",
            "org_url": "https://e.okta.com",
            "app_id": "0oa1",
            "taken_at": "2026-11-20T00:00:00Z",
            "complete": True,
            "users": [
                {"id": i, "username": name, "status": "ACTIVE", "profile": {"email": name, "x": EVIL}}
                for i, name in people
            ],
            "groups": [{"id": "00g1", "name": group, "members": ids, "description": EVIL}],
            "apps": [{"id": "0oa2", "label": APP, "users": ids}],
        }
    )


@pytest.fixture
def evil(tmp_path: Path, idsync: Idsync) -> Path:
    """An organization whose names are hostile, applied, and edited by hand."""
    org = tmp_path / "org"
    org.mkdir()
    (org / "idsync.yaml").write_text(CONFIG)
    (org / "snapshot.json").write_text(_snapshot(("00u1", PERSON), ("00u2", OTHER)))
    (org / "next.json").write_text(_snapshot(("00u1", PERSON + "new"), ("00u3", "z" + EVIL), group="g2" + EVIL))
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    return org


def check(ended: Ended, *, exact: bool = False) -> None:
    """Nothing acts, and no line is one of theirs."""
    for text in (ended.out, ended.err):
        found = ACTING.findall(text)
        assert (not [each for each in found if each < "\x20"]) if exact else not found, (found, text)
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::error")], text
    assert "Unexpected" not in ended.err
    assert "Traceback" not in ended.err


def _history() -> list[tuple[str, ...]]:
    told: list[tuple[str, ...]] = [("history", EVIL), ("history", "--verify", "--head", EVIL)]
    for form in ("text", "json"):
        told += [("history", "--format", form), *(("history", run, "--format", form) for run in ("1", "2"))]
    return told


def calls(org: Path) -> dict[str, list[tuple[str, ...]]]:
    """Uses of each command that print names, hostile ones given too."""
    following, plan = str(org / "next.json"), str(org / "a.plan")
    formats = ("text", "json")
    by_hand = {"kind": "user", "version": "v2", "metadata": {"name": "h" + EVIL}, "spec": {"roles": [EVIL]}}
    (org / "hand.txt").write_text(json.dumps(by_hand))
    broken = {"kind": "us" + EVIL, "version": EVIL, "metadata": {"name": EVIL}, "spec": {EVIL: 1}}
    (org / "broken.txt").write_text(json.dumps(broken))
    return {
        "plan": [
            *(("plan", "--snapshot", following, "--format", form) for form in FORMATS),
            ("plan", "--snapshot", following, "-o", plan),
            ("plan", "--snapshot", EVIL),
            ("plan", "-o", f"/nowhere/{EVIL}"),
        ],
        "show": [("show", plan, "--format", form) for form in FORMATS] + [("show", EVIL)],
        "create": [("create", str(org / "hand.txt")), ("create", str(org / "broken.txt")), ("create", EVIL)],
        "get": [
            *(("get", "all", "--format", form) for form in (*formats, "yaml")),
            ("get", "users", PERSON),
            ("get", f"user/{EVIL}"),
            ("get", EVIL),
            ("get", "access_list", GROUP),
            ("get", "all", "--as-of", EVIL),
        ],
        "rm": [
            ("rm", f"access_list_member/00g1/{OTHER}", "--auto-approve"),
            ("rm", f"user/{EVIL}", "--auto-approve"),
            ("rm", EVIL, "--auto-approve"),
            ("rm", f"user/{OTHER}", "--auto-approve"),
        ],
        "edit": [("edit", f"user/{EVIL}"), ("edit", EVIL)],
        "doctor": [("doctor", "--format", form) for form in formats],
        "enroll": [
            ("enroll", "okta", "--org-url", EVIL, "--owner", EVIL, "--acs-url", EVIL, "--auto-approve"),
            (
                "enroll",
                "okta",
                "--org-url",
                "https://x.okta.com",
                "--owner",
                EVIL,
                "--acs-url",
                "https://x.example.com",
            ),
        ],
        "cleanup": [("cleanup", "--format", form) for form in formats],
        "drift": [("drift", "--format", form) for form in (*formats, "markdown")],
        "explain": [
            *(("explain", PERSON, "--format", form) for form in formats),
            ("explain", PERSON, GROUP),
            ("explain", EVIL, EVIL),
        ],
        "filters": [
            *(("filters", "--format", form) for form in formats),
            ("filters", "--groups", f"*{EVIL}"),
            ("filters", "--apps", f"^({EVIL}$"),
        ],
        "snapshot": [("snapshot",), ("snapshot", "--sanitize"), ("snapshot", "-o", f"/nowhere/{EVIL}")],
        "import": [("import",)],
        "apply": [
            ("apply", "--snapshot", following, "--auto-approve", "--allow", f"{EVIL}=x"),
            ("apply", EVIL),
            ("apply", "--snapshot", following, "--auto-approve"),
        ],
        "history": _history(),
        "validate": [*(("validate", "--format", form) for form in formats), ("validate", "-c", EVIL)],
        "lock": [("lock", PERSON, "--message", EVIL), ("lock", EVIL, "--message", EVIL)],
        "unlock": [("unlock", PERSON, "--reason", EVIL), ("unlock", EVIL, "--reason", EVIL)],
        "reconcile": [("reconcile",)],
        "serve": [("serve", "--port", EVIL)],
        "scim": [
            ("scim", "token", "create", "--name", EVIL),
            ("scim", "token", "create", "--name", PERSON),
            *(("scim", "token", verb, EVIL) for verb in ("rotate", "revoke")),
            ("scim", "token", "list"),
        ],
        "keys": [("keys", verb, "--format", form) for verb in ("create", "rotate", "list") for form in formats],
        "init": [("init", str(org / f"sub{EVIL}"))],
        "store": [
            ("store", "copy", f"sqlite:///{org}/idsync.db", f"sqlite:///{org}/copy.db"),
            ("store", "copy", f"sqlite:///{org}/idsync.db", f"sqlite:///{EVIL}.db"),
            ("store", "copy", f"postgresql://{EVIL}@127.0.0.1:1/{EVIL}", f"env:{EVIL}"),
            ("store", "copy", EVIL, EVIL),
            ("store", EVIL),
        ],
        "schema": [("schema", "config"), ("schema", EVIL)],
        "completion": [("completion", "bash"), ("completion", EVIL)],
        "help": [("help", EVIL)],
        "version": [("version",)],
    }


def test_no_name_acts_or_makes_a_line_of_its_own(evil: Path, idsync: Idsync) -> None:
    used = calls(evil)
    for command in ["plan", "show", *[name for name in used if name not in ("plan", "show")]]:
        for arguments in used.get(command, ()):
            if command in ("validate", "init") or "-c" in arguments:
                ended = idsync(*arguments) if "-c" in arguments or command == "init" else idsync(*arguments, "-c", evil)
            else:
                ended = idsync(*arguments, "-c", evil)
            exact = arguments[0] in ("plan", "show", "snapshot")
            check(ended, exact=exact and ended.out.startswith("{"))


def test_every_command_is_tried(tmp_path: Path) -> None:
    assert set(COMMANDS) <= set(calls(tmp_path))


def test_no_command_builds_a_result_from_names_by_itself() -> None:
    """`result` takes what a renderer made, `line` everything else: who forgets to escape a name cannot do harm."""
    found = []
    for file in sorted(Path(idsync_cli.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "result":
                argument = node.args[0] if node.args else None
                made_here = isinstance(argument, ast.JoinedStr | ast.Constant | ast.BinOp)
                called = argument.func if isinstance(argument, ast.Call) else None
                if made_here or (isinstance(called, ast.Name) and called.id in ("harmless", "str")):
                    found.append(f"{file.name}:{node.lineno}")
    assert found == []


def test_nothing_but_the_console_writes_to_standard_streams() -> None:
    writers = re.compile(r"\bprint\(|click\.(echo|secho|style_echo)\(|sys\.std(out|err)\.write\(")
    files = sorted(Path(idsync_cli.__path__[0]).parent.rglob("*.py"))
    found = {file.name for file in files if writers.search(file.read_text())}
    # The console itself; help, which holds no name; the generator of the reference.
    assert found <= {"console.py", "application.py", "reference.py"}
