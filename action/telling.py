"""Texts for people: what a comment, an issue and a summary say, within GitHub's limits."""

import re
from collections.abc import Sequence

COMMENT_LIMIT = 65_536
_LOG_LIMIT = 6_000
_ROOM_TO_CLOSE = 200
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_RESULT = ("<!-- idsync-result -->", "<!-- /idsync-result -->")

WHAT_TO_DO = {
    1: "Something unexpected happened. Look at the run.",
    3: "Correct the configuration at the place that is named.",
    4: "Okta does not accept the credential, or it lacks a scope or a role. See the message.",
    5: "A guard holds it back. If it is right, open a pull request whose text begins with the line "
    "`idsync-allow: GUARD=REASON`, or apply by hand with `--allow GUARD=REASON`.",
    6: "What would be applied is not what was reviewed. Open a pull request that plans again, and have it reviewed.",
    7: "Okta's answer is in doubt, or Okta, the store or a recording cannot be reached. Look at Okta first.",
    8: "Some of it was applied. Run the job again: it goes on where it ended.",
    9: "Another run was at work for too long. Run the job again.",
    64: "The action was called in a way that it does not understand. See the message.",
}


def marker(name: str) -> str:
    """The first line of the one comment on a configuration."""
    return f"<!-- idsync: {name} -->"


def fenced(text: str, limit: int = _LOG_LIMIT) -> str:
    """Text in which nothing is markup, a mention or a link."""
    plain = _ESCAPES.sub("", text).replace("\r", "").strip()
    plain = "".join(
        letter if letter == "\n" or letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in plain
    )
    plain = plain.replace("<!--", "<! --")  # our own marks are comments
    if len(plain) > limit:
        plain = f"{plain[:limit]}\n… and more: see the run"
    longest = max((len(run) for run in re.findall(r"`+", plain)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{plain}\n{fence}"


def within(text: str, limit: int = COMMENT_LIMIT) -> str:
    """Text that GitHub takes: what is too long is cut at a line, what stands open there is closed, and it says so."""
    if len(text) <= limit:
        return text
    note = "\n\n_Cut here: the rest is in the summary of the run and in the plan file._\n"
    cut = text[: limit - len(note) - _ROOM_TO_CLOSE]
    while True:
        cut = cut[: cut.rfind("\n")] if "\n" in cut else ""
        closing = _closing(cut)
        if len(closing) <= _ROOM_TO_CLOSE:
            return cut + closing + note


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same, but for how lines end."""
    return _trimmed(one) == _trimmed(other)


def _trimmed(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").rstrip().split("\n")]


def _closing(text: str) -> str:
    """What closes the fence and the folds that a text leaves open."""
    fence, folds = "", 0
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line[found.end() :].strip():
                fence = ""
        elif found:
            fence = found[1]
        else:
            folds += len(re.findall(r"<details\b", line)) - line.count("</details>")
    return (f"\n{fence}" if fence else "") + "\n\n</details>" * max(folds, 0)


def failure(what: str, code: int, said: str, commit: str, run: str) -> str:
    """The text of a comment on something that failed, with the commit, so that no earlier plan stands in its place."""
    lines = [
        f"### {what} failed at `{commit[:12]}`: exit code {code}",
        "",
        WHAT_TO_DO.get(code, "See the run."),
        *(["", fenced(said)] if said.strip() else []),
        "",
        f"[Run]({run})",
    ]
    return "\n".join(lines) + "\n"


def trouble(what: str, code: int, said: str, run: str) -> str:
    """What the issue says of one thing that is wrong."""
    todo = WHAT_TO_DO.get(code, "See the run.")
    return f"### {what}: exit code {code}\n\n{todo}\n\n{fenced(said)}\n\n[Run]({run})"


def planned(markdown: str, commit: str, notes: Sequence[str], recorded: str, pins: Sequence[str]) -> str:
    """The text of a comment on a plan: what of the pull request's text was not taken, the plan, where it comes from and
    by which digests it is known again.
    """
    warnings = "".join(f"\n> [!WARNING]\n> {note}\n" for note in notes)
    foot = f"\n<sub>Planned at `{commit[:12]}` from the recording of {recorded}; {'; '.join(pins)}</sub>\n"
    return within(f"{warnings}{markdown.rstrip()}\n", COMMENT_LIMIT - len(foot) - 200) + foot


def with_result(body: str, result: str) -> str:
    """The body of a comment with the result of the apply after its first line, in place of an earlier one."""
    opening, closing = _RESULT
    head, _, rest = body.partition("\n")
    if result_in(body):
        rest = rest[rest.index(closing) + len(closing) :].lstrip("\n")
    return within(f"{head}\n{opening}\n{result.strip()}\n{closing}\n{rest}")


def result_in(body: str) -> str:
    """The result of an apply that stands in a comment, as it does: below the first line. Nothing where none stands."""
    opening, closing = _RESULT
    rest = body.replace("\r\n", "\n").partition("\n")[2]
    if not rest.startswith(f"{opening}\n") or closing not in rest:
        return ""
    return rest[len(opening) : rest.index(closing)].strip()
