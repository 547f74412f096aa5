"""The journal as `history` prints it: what was done, when, by whom, and which guards were released."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

import msgspec

from idsync.model.addresses import Address, split_address
from idsync.model.directory import UpstreamCause
from idsync.model.journal import (
    Counts,
    Entry,
    LocksSwept,
    MadeByHand,
    Numbered,
    RunFinished,
    RunResumed,
    RunStarted,
    RunStopped,
    RunSummary,
    SectionFinished,
    StepBegun,
    StepFailed,
    StepMade,
    summarise_runs,
)
from idsync.plan.sections import OKTA
from idsync.render.escape_text import shown, visible
from idsync.render.journal_names import NOTHING_TOLD, Told
from idsync.render.phrases import counted, in_target, listed, reason_words
from idsync.render.style import PLAIN, Style, Tone

_NOUNS = {
    "user": "user",
    "lock": "lock",
    "access_list": "list",
    "member": "member",
    "app": "app",
    "user_group": "group",
    "role": "role",
}
_VERBS = {"create": "created", "update": "changed", "delete": "removed", "add": "added", "remove": "removed"}
_TONES: dict[str, Tone] = {"create": "added", "update": "changed", "delete": "removed"}
NO_BODIES: Mapping[str, bytes] = {}
_SYMBOLS = {"create": "+", "update": "~", "delete": "-"}


def render_json(entries: Iterable[Numbered], bodies: Mapping[str, bytes] = NO_BODIES) -> str:
    """An array of the journal's entries, each with its `sequence`; objects stand whole where `bodies` has them."""
    listed_entries = [{"sequence": each.sequence, **_with_bodies(each.entry, bodies)} for each in entries]
    return msgspec.json.format(msgspec.json.encode(listed_entries), indent=2).decode() + "\n"


def _with_bodies(entry: Entry, bodies: Mapping[str, bytes]) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(entry)
    for field in ("before", "after"):
        if told.get(field) in bodies:
            told[field] = msgspec.Raw(bodies[told[field]])
    if isinstance(entry, LocksSwept):
        told["locks"] = {name: msgspec.Raw(bodies.get(print_, b"null")) for name, print_ in entry.locks.items()}
    return told


def render_text(entries: Sequence[Numbered], style: Style = PLAIN, told: Told = NOTHING_TOLD) -> str:
    """One line for each run and for each change by hand, the newest first; `told` are words for what they are about."""
    runs = {run.run: run for run in summarise_runs(each.entry for each in entries)}
    lines = [line for each in reversed(entries) for line in _headline(each.entry, runs, style, told)]
    return "\n".join(lines) + "\n" if lines else "Nothing was done yet.\n"


def render_run(entries: Sequence[Numbered], style: Style = PLAIN, told: Told = NOTHING_TOLD) -> str:
    """One run in full: every step, in the order in which they were made."""
    runs = {run.run: run for run in summarise_runs(each.entry for each in entries)}
    lines = [line for run in runs.values() for line in _run_lines(run, style)]
    lines += [line for each in entries for line in _step_lines(each.entry, style, told)]
    return "\n".join(lines) + "\n"


def _headline(entry: Entry, runs: dict[int, RunSummary], style: Style, told: Told) -> list[str]:
    match entry:
        case RunStarted():
            return _run_lines(runs[entry.run], style)
        case MadeByHand():
            what = f"{_VERBS[entry.action]} {told.get(entry.address) or shown(entry.address)} by hand"
            lines = [f"{visible(entry.at)}  {style.paint(what, _TONES[entry.action])}  [{shown(entry.actor)}]"]
            lines += _circumstances(entry.circumstances)
            return [*lines, f"  reason: {shown(entry.reason, 500)}"] if entry.reason else lines
        case LocksSwept() if not entry.run:
            return [f"{visible(entry.at)}  cleared away {counted(len(entry.locks), 'expired lock')}"]
        case LocksSwept() | RunResumed() | SectionFinished() | RunStopped() | RunFinished():
            return []
        case StepBegun() | StepMade() | StepFailed():
            return []
        case _:
            assert_never(entry)


def _run_lines(run: RunSummary, style: Style) -> list[str]:
    tone: Tone = "strong" if run.state == "finished" else "error"
    what = f"{style.paint(f'run {run.run} {outcome_words(run)}', tone)}: {counts_words(run.counts)}"
    head = f"{visible(run.started_at)}  {what}  [{shown(run.actor)}]"
    lines = [head, *_circumstances(run.circumstances), style.paint(f"  plan {visible(run.plan)}", "faint")]
    lines += [f"  released {visible(guard)}: {shown(reason, 500)}" for guard, reason in run.releases.items()]
    return [*lines, f"  why: {shown(run.why, 500)}"] if run.why else lines


def _circumstances(told: Mapping[str, str]) -> list[str]:
    """The person, commit and CI run behind an entry, on a line; none where nothing is known of them."""
    words = [f"by {shown(told['person'])}"] if told.get("person") else []
    words += [f"from {shown(told['repository'])}"] if told.get("repository") else []
    words += [f"at commit {shown(told['commit'][:12])}"] if told.get("commit") else []
    words += [f"in {shown(told['run'], 200)}"] if told.get("run") else []
    return [f"  {' '.join(words)}"] if words else []


def outcome_words(run: RunSummary) -> str:
    """What became of a run, and what the counts after it are of: what was done, or what was only planned."""
    match run.state:
        case "finished":
            return "applied" if run.whole else "applied in part"
        case "stopped":
            return f"stopped, {run.kept:,} of {counted(run.steps, 'step')} kept; planned"
        case "unfinished":
            return "broken off; planned"
        case _:
            assert_never(run.state)


def counts_words(counts: Counts) -> str:
    """What a plan holds, by kind of object and action: `2 users created, 1 lock created`."""
    parts = [
        f"{counted(number, noun)} {_VERBS[action]}"
        for kind, noun in _NOUNS.items()
        for action, number in counts.get(kind, {}).items()
        if number and action in _VERBS
    ]
    there = counts.get("upstream", {})
    parts += [f"{counted(number, 'member')} {_VERBS[action]} in Okta" for action, number in there.items() if number]
    return ", ".join(parts) if parts else "nothing"


def _step_lines(entry: Entry, style: Style, told: Told) -> list[str]:
    match entry:
        case StepMade():
            return _made_lines(entry, style, told)
        case StepFailed():
            what = f"  ! {told.get(entry.address) or _object(entry.address)} failed: {shown(entry.why, 500)}"
            return [style.paint(what, "error")]
        case _:
            return []


def _made_lines(entry: StepMade, style: Style, told: Told) -> list[str]:
    symbol = style.paint(_SYMBOLS[entry.action], _TONES[entry.action])
    what, where = told.get(entry.address) or _object(entry.address), in_target(OKTA) if entry.target == OKTA else ""
    lines = [f"  {symbol} {what}{where}  [{reason_words(entry.reason)}]"]
    for sign, members in (("+", entry.members_added), ("-", entry.members_removed)):
        if members:
            lines.append(f"      {sign} {counted(len(members), 'member')}: {_names(_called(members, entry))}")
    return lines


def _called(members: Iterable[str], entry: StepMade) -> Iterable[str]:
    """Members by name; in Okta's groups and apps they stand by their ids."""
    if entry.target != OKTA:
        return members
    people = {each.id: each.name for each in entry.causes if isinstance(each, UpstreamCause) and each.object == "user"}
    return [people.get(member, member) for member in members]


def _object(address: Address) -> str:
    kind, name = split_address(address)
    return f"{_NOUNS.get(kind, kind)} {shown(name)}"


def _names(names: Iterable[str]) -> str:
    return listed([shown(name) for name in names], 12)
