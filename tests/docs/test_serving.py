"""What docs/serving.md says of the service is so: metrics, paths, commands, and the words that Okta shows."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from idsync.cli.application import COMMANDS
from idsync.model.okta_access import Allowance
from idsync.reconcile.continuous.pass_reports import PassReport
from idsync.reconcile.continuous.standing import Standing
from idsync.server.application import SCIM_BASES
from idsync.server.logs import LOG
from idsync.server.metrics import Metrics, Told
from idsync.server.reconciler import _tell
from idsync.server.run_tally import RunNews

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "serving.md").read_text()
ALERTS = ROOT / "examples" / "deploy" / "alerts.yaml"
WORDS = (
    "The bearer token is missing, unknown, revoked or expired.",
    "The configuration in force has SCIM switched off (sync.scim).",
    "There is a user",
    "already, with the id",
    "The directory already has a user",
    "that idsync does not manage.",
    "is noted as having left, but is not locked yet",
    "push people before their groups.",
    "Too many requests with this token.",
    "idsync failed; its log says why.",
    "Nothing was pushed yet.",
    "A full pass",
    "Another run is at work",
    "is in use by another process",
    "The process that reconciles ended",
    "config_waiting",
    "is not the one any more that this process has written to",
)
"""Parts of messages; what stands between them is told of each case."""


def measured() -> set[str]:
    """The names of every metric of a service that has passes behind it."""
    counts, held, found = {"user": {"create": 1}}, {"user_deletes": 1}, {"passed_over": 1}
    report = PassReport("full", "2026-11-22T00:00:00Z", 1.0, counts=counts, held=held, found=found)
    metrics = Metrics()
    metrics.requests.labels("scim", "GET", "200").inc()
    metrics.seconds.labels("scim").observe(0.1)
    metrics.take([RunNews("pass", {"user": {"create": 1}}), RunNews("pass", outcome="whole")])
    standing = Standing("2026-11-22T00:00:00Z", {"apps": Allowance(100, 50, 20)}, 3)
    text = metrics.text(Told([("full", report, report)], 1, standing, {"full": 1800.0})).decode()
    names = re.findall(r"^(idsync_\w+?)(?:_bucket|_sum|_count)?[{ ]", text, re.MULTILINE)
    return {name for name in names if not name.endswith("_created")}


def test_the_metrics_are_those_of_the_service_and_all_of_them() -> None:
    assert set(re.findall(r"\bidsync_[a-z_]+", TEXT)) == measured()


def test_alerts_are_rules_over_metrics() -> None:
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert {rule["alert"] for rule in rules} == set(re.findall(r"`(Idsync\w+)`", TEXT))
    named = set[str]()
    for rule in rules:
        named.update(name.removesuffix("_bucket") for name in re.findall(r"idsync_\w+", rule["expr"]))
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
    without = {"idsync_pass_actions", "idsync_findings"}
    assert measured() - named == without, "each metric has an alert, but for those that say so"
    assert named <= measured()


def test_paths_are_served() -> None:
    for base in SCIM_BASES:
        assert f"`{base.format(integration='okta')}/…`" in TEXT
    server = ROOT / "idsync" / "server"
    routes = "".join((server / name).read_text() for name in ("application.py", "probes.py"))
    for path in ("/healthz", "/readyz", "/metrics", "/hooks/okta", "/.well-known/jwks.json"):
        assert path in TEXT
        assert f'Route("{path}"' in routes


@pytest.mark.parametrize("words", WORDS)
def test_words_that_people_look_up_are_those_that_are_said(words: str) -> None:
    assert words in TEXT
    assert any(words in path.read_text() for path in (ROOT / "idsync").rglob("*.py"))


def test_the_rate_of_pushes_is_the_one_that_was_measured() -> None:
    capacity, benchmarks = ((ROOT / "docs" / name).read_text() for name in ("capacity.md", "benchmarks.md"))
    told = re.search(r"(\d+) new people a second", capacity)
    measured_row = re.search(r"users created by 8 connections \|.*?, (\d+) a second", benchmarks)
    assert told is not None
    assert measured_row is not None
    assert told[1] == measured_row[1]
    rows = re.findall(r"^\| ([\d,]+) \| (\d+) (\w+) \| (\d+) (\w+) \|$", capacity, re.MULTILINE)
    assert len(rows) == 4
    seconds = {"seconds": 1, "minutes": 60, "hours": 3600}
    for people, limited, unit, free, free_unit in rows:
        number = int(people.replace(",", ""))
        for rate, figure, of in ((50, limited, unit), (int(told[1]), free, free_unit)):
            assert abs(number / rate - int(figure) * seconds[of]) <= max(1, seconds[of] * 0.7), people


def test_a_pass_before_any_push_is_told_as_the_log_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(LOG, "info", lambda text, *parts, **_: lines.append(text % parts))
    _tell(PassReport("full", "2026-11-22T00:00:00Z", 1.0, note="Nothing was pushed yet."))
    assert f"| `{lines[0]}` |" in TEXT


def test_commands_are_commands() -> None:
    named = re.findall(r"(?:`|^\$? ?)(idsync (?!failed)[a-z][^`\n#]*)", TEXT, re.MULTILINE)
    assert len(named) > 10
    for command in named:
        assert shlex.split(command)[1] in COMMANDS, command
