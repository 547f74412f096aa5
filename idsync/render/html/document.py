"""The whole document: one file that a browser opens from anywhere, asks no network, and runs one script of ours.

The policy in it allows that script and that sheet by their digests, and nothing else.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib import resources

from idsync.plan.changes import Plan
from idsync.render.html.flows import flows_of
from idsync.render.html.markup import Markup
from idsync.render.html.people import TAGS, PeopleMarkup
from idsync.render.html.picture import picture
from idsync.render.html.rows import rows
from idsync.render.lines import CAUSES_SHOWN, brief
from idsync.render.links import NO_LINKS, Links
from idsync.render.view.cells import Code, Said, some
from idsync.render.view.plan_view import plan_view
from idsync.render.view.sides import sides_of
from idsync.render.view.titles import ORDER, PROBLEMS, REACH, RELEASED, TALLIES
from idsync.render.view.view import Entry, PlanView, Problem, Section, Tally

TALLIES_OPEN = 12
"""So many rows of the roll-up stand open; the rest is folded."""
ROWS_OPEN = 40
"""So many rows of a section are elements from the start."""
TITLE_LIMIT = 120
NEWCOMERS_DESCRIBED = 10_000


def render_plan(plan: Plan, *, drift: bool = False, options: Sequence[str] = (), links: Links = NO_LINKS) -> str:
    """The plan, or the `drift` in it, with everybody and every change."""
    view = plan_view(plan, drift=drift, detail=True, described=NEWCOMERS_DESCRIBED, options=options)
    return _Document(view, links).text()


_WITHOUT_SCRIPT = (
    '<p class="unscripted">Without its script this page shows the first of each group, and no search;'
    " <code>idsync show PLAN --detail</code> prints the others.</p>"
)


class _Document:
    """Writes one view."""

    def __init__(self, view: PlanView, links: Links) -> None:
        self._view = view
        self._links = links
        self._markup = Markup(links)

    def text(self) -> str:
        """All of it."""
        view = self._view
        people = PeopleMarkup(self._markup)
        groups = "".join(map(people.group, view.groups))
        style, script = _asset("page.css"), _asset("page.js")
        policy = (
            f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; base-uri 'none';"
            " form-action 'none'"
        )
        head = (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
            f"<title>{escape(_short(view.headline))}</title><style>{style}</style></head><body>"
        )
        parts = [
            head,
            '<a class="skip" href="#people">Skip to the people</a>' if view.groups or view.changes else "",
            f"<header><h1>{escape(view.headline)}</h1>{self._linked()}{self._contents()}</header><main>",
            *map(self._warning, view.warnings),
            self._problems(),
            self._listed(RELEASED, view.released),
            self._tallies(),
            self._listed(REACH, view.reach),
            self._picture(),
            self._people(groups, people) if view.groups or view.changes else "",
            *(self._section(section, side.heading) for side in sides_of(view) for section in side.sections),
            self._changes(),
            f"</main><footer><dl>{self._facts()}</dl></footer><script>{script}</script></body></html>",
        ]
        return "\n".join(part for part in parts if part) + "\n"

    def _linked(self) -> str:
        there = (("Run", self._links.run), ("Plan file", self._links.plan))
        links = " · ".join(f'<a href="{escape(to)}">{name}</a>' for name, to in there if to)
        return f"<p>{links}</p>" if links else ""

    def _contents(self) -> str:
        """Where to go from the top."""
        view = self._view
        there = (
            ("findings", PROBLEMS, view.problems),
            ("roll-up", TALLIES, view.tallies),
            ("people", "Find a person", view.groups or view.changes),
            ("changes", "Every change", view.changes),
        )
        links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, some_of_it in there if some_of_it)
        return f'<nav aria-label="Contents"><ul>{links}</ul></nav>' if links else ""

    def _warning(self, warning: Entry) -> str:
        details = "".join(f"<p>{self._markup.words(detail.words)}</p>" for detail in warning.details)
        said = f"<p><b>{self._markup.words(warning.words)}</b></p>{details}"
        return f'<section class="warning" aria-label="Warning">{said}</section>'

    def _problems(self) -> str:
        view = self._view
        if not view.problems:
            return ""
        title = PROBLEMS if view.verdict == "ok" else f"{PROBLEMS} (the snapshot is {view.verdict})"
        listed = rows(view.problems, self._problem, ROWS_OPEN)
        return _titled("findings", title, listed, len(view.problems))

    def _problem(self, problem: Problem) -> str:
        words = self._markup.words((f"{problem.severity} ", Code(problem.code), ": ", Said(problem.message)))
        causes = self._markup.note(some(problem.causes, CAUSES_SHOWN)) if problem.causes else ""
        return f'<li class="{problem.severity}">{words}{causes}</li>'

    def _tallies(self) -> str:
        tallies = self._view.tallies
        if not tallies:
            return ""
        columns = "".join(f'<th scope="col">{name}</th>' for name in ("Role or list", "Lose", "Gain", "Why"))
        head = f"<thead><tr>{columns}</tr></thead>"
        table = _table("What people lose and gain", head, map(self._tally, tallies[:TALLIES_OPEN]))
        rest = tallies[TALLIES_OPEN:]
        if rest:
            more = _table("What fewer people lose and gain", head, map(self._tally, rest))
            table += f"<details><summary>{len(rest):,} more roles and lists</summary>{more}</details>"
        return _titled("roll-up", TALLIES, table)

    def _tally(self, tally: Tally) -> str:
        brings = (
            f", with {', '.join(self._markup.words(brief(each)) for each in tally.brings[:4])}" if tally.brings else ""
        )
        more = f", … and {len(tally.brings) - 4:,} more" if len(tally.brings) > 4 else ""
        why = [self._markup.words(some(tally.causes, CAUSES_SHOWN))] * bool(tally.causes)
        why += ["changed by hand"] * tally.hand + ["your edit"] * tally.edit
        lose = f'<td class="lose number">−{tally.lose:,}</td>' if tally.lose else "<td></td>"
        gain = f'<td class="gain number">+{tally.gain:,}</td>' if tally.gain else "<td></td>"
        what = self._markup.words(brief(tally.what))
        return f'<tr><th scope="row">{what}{brings}{more}</th>{lose}{gain}<td>{"; ".join(why)}</td></tr>'

    def _picture(self) -> str:
        drawn = picture(flows_of(self._view.groups))
        if not drawn:
            return ""
        told = "Bands are as broad as people are many: solid where people gain, hatched where they lose."
        box = f'<div class="picture" role="region" aria-label="Picture" tabindex="0">{drawn}</div>'
        return _titled("ways", "Who gets what by which way", f'<p class="quiet">{told}</p>{box}')

    def _people(self, groups: str, people: PeopleMarkup) -> str:
        total = _people_in(self._view)
        tools = (
            '<div class="tools" role="search" aria-label="People" hidden>'
            '<div class="wide"><label for="search">Search</label><input type="search" id="search" autocomplete="off"'
            ' spellcheck="false" placeholder="Name, role, list, rule"></div>'
            f"{_choice('role', 'Role or trait', people.roles)}{_choice('list', 'List', people.lists)}"
            f"{_options('risk', 'Risk', TAGS.items(), 'Any')}"
            f"{_options('sort', 'Sort', {'name': 'By name', 'things': 'Most changes first'}.items(), 'Gravest first')}"
            f'<p class="status" role="status" data-total="{total}"></p></div>'
        )
        known = groups or "<p>Nobody gains or loses access.</p>"
        return _titled("people", "People", f'{tools}{_WITHOUT_SCRIPT}{known}<ul class="entries" id="flat"></ul>', total)

    def _listed(self, title: str, entries: Sequence[Entry]) -> str:
        if not entries:
            return ""
        return _titled(title.lower().replace(" ", "-"), title, rows(entries, self._markup.entry, ROWS_OPEN))

    def _section(self, section: Section, side: str) -> str:
        listed = rows(section.entries, self._markup.entry, ROWS_OPEN)
        count = f' <span class="count">{len(section.entries):,}</span>' if section.noun else ""
        made = f" <small>{escape(side)}</small>" if side else ""
        return f'<section class="block"><h2>{escape(section.title)}{count}{made}</h2>{listed}</section>'

    def _changes(self) -> str:
        """Every change, folded away: what an apply does, step by step."""
        if not self._view.changes:
            return ""
        inner = "".join(
            f'<section class="block"><h3>{escape(each.title)} <span class="count">{len(each.entries):,}</span></h3>'
            f"{rows(each.entries, self._markup.entry, ROWS_OPEN)}</section>"
            for each in self._view.changes
        )
        folded = f"<details><summary>Show every change</summary>{inner}</details>"
        return f'<section id="changes"><h2>{ORDER}</h2>{folded}</section>'

    def _facts(self) -> str:
        return "".join(
            f"<div><dt>{escape(name)}</dt><dd>{self._markup.words(words)}</dd></div>"
            for name, words in self._view.facts
        )


def _titled(name: str, title: str, inner: str, count: int | None = None) -> str:
    number = f' <span class="count">{count:,}</span>' if count is not None else ""
    head = f'<h2 id="{name}-title">{escape(title)}{number}</h2>'
    return f'<section id="{name}" aria-labelledby="{name}-title">{head}{inner}</section>'


def _table(caption: str, head: str, rows: Iterable[str]) -> str:
    return f"<table><caption>{caption}</caption>{head}<tbody>{''.join(rows)}</tbody></table>"


def _choice(name: str, label: str, known: dict[str, int]) -> str:
    """A choice among names, in their order as people look for them."""
    return _options(name, label, sorted(((str(number), told) for told, number in known.items()), key=_as_sought), "Any")


def _as_sought(item: tuple[str, str]) -> tuple[str, str]:
    return item[1].casefold(), item[1]


def _options(name: str, label: str, options: Iterable[tuple[str, str]], first: str) -> str:
    inner = "".join(f'<option value="{value}">{escape(told)}</option>' for value, told in options)
    chosen = f'<select id="{name}"><option value="">{first}</option>{inner}</select>'
    return f'<div><label for="{name}">{label}</label>{chosen}</div>'


def _people_in(view: PlanView) -> int:
    """How many people these are: somebody of whom both sides decide something stands in two groups."""
    known = {(entry.target, person.name) for group in view.groups for entry in group.entries for person in entry.people}
    named = sum(len(entry.people) for group in view.groups for entry in group.entries)
    return len(known) + sum(group.total for group in view.groups) - named


def _short(headline: str) -> str:
    return headline if len(headline) <= TITLE_LIMIT else headline[: TITLE_LIMIT - 1] + "…"


@cache
def _asset(name: str) -> str:
    return resources.files("idsync.render.html").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
