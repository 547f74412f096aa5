"""The one comment on a configuration, and the one issue: found again by a hidden first line, and only if ours."""

import re
from collections.abc import Mapping

from action.github import GitHub, Json
from action.telling import marker, result_in, with_result, within

_SECTION = re.compile(r"<!-- idsync-section: (\w+) -->\n(.*?)\n<!-- /idsync-section -->", re.DOTALL)
LABEL = "idsync"
"""By which the issue is found among all others."""
_ISSUE = "<!-- idsync-issue: {} -->"


def sticky_comment(github: GitHub, number: int, name: str) -> Json | None:
    """The comment on this configuration that an action posted before; a person who copies its mark is passed over."""
    rows = github.rows(f"issues/{number}/comments")
    return next((row for row in rows if _first_line(row) == marker(name) and _is_ours(github, row)), None)


def post_comment(github: GitHub, number: int, name: str, text: str) -> str:
    """Post the comment, or bring the one that is there up to date; its address. What was applied stays told."""
    body = within(f"{marker(name)}\n{text}")
    found = sticky_comment(github, number, name)
    if found is not None and (result := result_in(str(found["body"]))):
        body = with_result(body, result)
    return _post(github, number, found, body)


def post_result(github: GitHub, number: int, name: str, result: str) -> str:
    """Put the result of an apply into the comment, above the plan; its address."""
    found = sticky_comment(github, number, name)
    body = with_result(str(found["body"]) if found else f"{marker(name)}\n", result)
    return _post(github, number, found, body)


def keep_issue(github: GitHub, name: str, about: str, trouble: str) -> str:
    """Keep the one issue up to date: what is wrong `about` one thing, or nothing any more; its address while open.

    It is opened where something is wrong, and closed once nothing is.
    """
    found = _issue(github, name)
    sections = _sections(found)
    if trouble:
        sections[about] = trouble
    else:
        sections.pop(about, None)
    body = _issue_body(name, sections)
    if found is None:
        if not sections:
            return ""
        made = github.send(
            "POST", "issues", {"title": f"idsync: {name} needs somebody", "body": body, "labels": [LABEL]}
        )
        return str(made["html_url"])
    state = "open" if sections else "closed"
    if found["body"] != body or found["state"] != state:
        github.send("PATCH", f"issues/{found['number']}", {"body": body, "state": state})
    return str(found["html_url"]) if sections else ""


def _post(github: GitHub, number: int, found: Json | None, body: str) -> str:
    if found is None:
        return str(github.send("POST", f"issues/{number}/comments", {"body": body})["html_url"])
    if found["body"] == body:
        return str(found["html_url"])
    return str(github.send("PATCH", f"issues/comments/{found['id']}", {"body": body})["html_url"])


def _issue(github: GitHub, name: str) -> Json | None:
    mark = _ISSUE.format(name)
    ours = (
        row
        for row in github.rows("issues", state="all", labels=LABEL, sort="created", direction="desc")
        if "pull_request" not in row and _first_line(row) == mark and _is_ours(github, row)
    )
    return next(ours, None)


def _sections(issue: Json | None) -> dict[str, str]:
    """What is told of each thing that is wrong; of an issue that was closed nothing is wrong any more."""
    if issue is None or issue["state"] != "open":
        return {}
    return dict(_SECTION.findall(str(issue.get("body") or "")))


def _issue_body(name: str, sections: Mapping[str, str]) -> str:
    told = [
        f"<!-- idsync-section: {about} -->\n{text.strip()}\n<!-- /idsync-section -->"
        for about, text in sections.items()
    ]
    foot = "This issue is kept up to date by idsync, and closed once nothing is wrong."
    body = "\n\n".join([_ISSUE.format(name), *(told or ["Nothing is wrong any more."]), f"<sub>{foot}</sub>"])
    return within(body)


def _is_ours(github: GitHub, row: Json) -> bool:
    """Whether a bot wrote it, as a job's own token does, or the person whose token this is."""
    user = row.get("user") or {}
    return user.get("type") == "Bot" or (bool(github.login) and user.get("login") == github.login)


def _first_line(row: Json) -> str:
    return str(row.get("body") or "").replace("\r", "").partition("\n")[0]
