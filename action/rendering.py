"""The text of the comment on a plan, made from the plan file: the same wherever it is made."""

import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from action.circumstances import Circumstances
from action.program import Ended
from action.releases import RELEASABLE, digest_of
from action.step import Step
from action.telling import planned

_ADVICE = re.compile(r"(?m)^(> <br>If this is (?:meant|right, and the source whole): )`idsync apply [^`\n]*`$")
_ALLOWED = re.compile(r" --allow (\w+)=REASON")


@dataclass(frozen=True)
class Plan:
    """A plan file, and what stands around it: the commits that it is of, what it releases, and from what it was made.

    `head` is the commit of the branch, `commit` the one whose files were planned, `run` the address of the run.
    """

    file: Path
    head: str
    commit: str
    asked: Mapping[str, str]
    notes: Sequence[str]
    recorded: datetime
    run: str


def digest_in(file: Path) -> str:
    """The digest that a plan file bears."""
    return str(json.loads(file.read_text())["digest"])


def rendered(step: Step, plan: Plan) -> tuple[Ended, str]:
    """How the rendering ended, and the text of the comment."""
    links = _links(step.about, plan)
    ended = step.idsync(["show", str(plan.file), "--format", "markdown", *links])
    said = ended.out.replace(str(plan.file), plan.file.name)  # where a runner keeps it is nothing of the plan
    pins = [f"plan `{digest_in(plan.file)}`", *([f"releases `{digest_of(plan.asked)}`"] if plan.asked else [])]
    made = f"{plan.recorded:%Y-%m-%d %H:%M} UTC"
    return ended, planned(with_lines(said), plan.head, plan.notes, made, pins)


def with_lines(markdown: str) -> str:
    """A plan whose advice is for the reader of a pull request: the line to write, in place of a command."""
    return _ADVICE.sub(lambda match: match[1] + _advice(_ALLOWED.findall(match[0])), markdown)


def _advice(names: Sequence[str]) -> str:
    lines = [f"`idsync-allow: {name}=REASON`" for name in names if name in RELEASABLE]
    by_hand = [f"`--allow {name}=REASON`" for name in names if name not in RELEASABLE]
    told = []
    if lines:
        told.append(
            "write at the beginning of this pull request's text, on lines of their own: " + "<br>".join(["", *lines])
        )
    if by_hand:
        told.append(f"a person applies it where the store is, with `idsync apply` and {' '.join(by_hand)}")
    return "<br>".join(told) or "plan again"


def _links(about: Circumstances, plan: Plan) -> list[str]:
    """Options by which a plan leads to the lines of the configuration at its commit, and to the run with its files."""
    config = Path(about.config)
    folder = config if (about.workspace / config).is_dir() else config.parent
    place = urllib.parse.quote(f"{about.repository}/blob/{plan.commit}/{folder.as_posix()}".removesuffix("/."))
    return ["--link-config", f"{about.server}/{place}", "--link-run", plan.run, "--link-plan", plan.run]
