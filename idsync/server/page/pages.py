"""The page's routes: what each shows, who may see it, and what a person may do there."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from idsync.apply.kept_back import held_by_guard, kept_back
from idsync.apply.kept_entries import digest_of
from idsync.bootstrap.workspace import Workspace
from idsync.config.patterns import PatternError
from idsync.errors import IdsyncError, StoreAway, StoreBusy, StoreError
from idsync.model.names import is_text
from idsync.model.times import duration_words
from idsync.okta.remembered import Remembered
from idsync.plan.releases import RELEASED_ANYWHERE
from idsync.reconcile.continuous.wishes import Wish, wish_for_pass
from idsync.render.escape_text import shown, visible
from idsync.render.explanation import (
    KINDS,
    STANDINGS,
    STEPS,
    coming_words,
    held_words,
    holding,
    path_words,
    release,
    status_words,
)
from idsync.render.hints import as_typed
from idsync.render.history import counts_words, outcome_words
from idsync.render.phrases import cause_words
from idsync.server.page.forms import Refused, fields_of, form_of, is_from_this_machine, is_same_site
from idsync.server.page.looking import FOUND, Looking, half_expressions, taken, tried_filters
from idsync.server.page.overview import STAGES, last_full
from idsync.server.page.sessions import COOKIE, LASTS, Session, Sessions
from idsync.server.request_rate import RequestRate
from idsync.server.worker import Worker
from idsync.sources.protocol import silent
from idsync.stores.protocol import Store

T = TypeVar("T")
SIGN_INS_A_MINUTE = 10
"""So often one address may try a token."""
_MOST_MATCHES = 200
_LONGEST_NUMBER = 18
_REASON_LIMIT = 500
_FROM_ELSEWHERE = (
    "This did not come from the page under its own address. Open it there; a proxy before it has to pass the Host on."
)
_CSS = (Path(__file__).parent / "page.css").read_bytes()
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class StatusPage:
    """Shows the service to people. Reads go beside the worker's thread; what a person does goes through it."""

    def __init__(
        self,
        worker: Worker,
        *,
        files: Callable[[], Workspace],
        open_store: Callable[[], AbstractContextManager[Store]],
        in_force: Callable[[Store], tuple[Workspace, bool]],
        sessions: Sessions,
        signing_in: RequestRate,
        call: Callable[[], None],
        reconciles: Callable[[], bool],
        unkept: Callable[[], Collection[str]] = frozenset,
        options: Sequence[str] = (),
    ) -> None:
        """`files` is the configuration as the files say it; `call` wakes what reconciles. `unkept` has the kinds of
        passes of which the last one failed and the store could not keep that. Commands that the page names get the
        `options` of the service's own call.
        """
        self._worker = worker
        self._files = files
        self._open_store = open_store
        self._in_force = in_force
        self._sessions = sessions
        self._signing_in = signing_in
        self._call = call
        self._reconciles = reconciles
        self._unkept = unkept
        self._remembered = Remembered()
        self._templates = Environment(
            loader=PackageLoader("idsync.server.page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters |= {"shown": shown, "visible": visible, "path": path_words, "cause": cause_words}
        self._templates.filters |= {
            "command": lambda text: as_typed(f"`{text}`", options)[1:-1],
            "told": lambda text: visible(as_typed(text, options)),
            "coming": coming_words,
            "held": held_words,
            "holding": holding,
            "status": status_words,
            "counts": counts_words,
            "lasting": _lasting,
            "outcome": outcome_words,
            "release": lambda guards: release(guards, options),
        }
        self._templates.globals |= {"KINDS": KINDS, "STAGES": STAGES, "STANDINGS": STANDINGS, "STEPS": STEPS}

    def end(self) -> None:
        """Let nobody wait any longer for Okta: the service ends."""
        self._remembered.end()

    def routes(self) -> list[Route]:
        """Every path of the page."""
        return [
            Route("/", self._guarded(self._overview)),
            Route("/runs/{number}", self._guarded(self._run)),
            Route("/people", self._guarded(self._people)),
            Route("/filters", self._guarded(self._filters)),
            Route("/pass", self._guarded(self._pass), methods=["POST"]),
            Route("/release", self._guarded(self._release), methods=["POST"]),
            Route("/sign-in", self._signs_in, methods=["GET", "POST"]),
            Route("/sign-out", self._guarded(self._sign_out), methods=["POST"]),
            Route("/page.css", self._css),
        ]

    def _guarded(self, show: Callable[[Request, Session | None], Any]) -> Callable[[Request], Any]:
        """A page for people who are signed in; where nobody can, for this machine alone, to read."""

        async def answer(request: Request) -> Response:
            session = self._sessions.session(request.cookies.get(COOKIE))  # what fails here, nobody known is told
            try:
                if session is None and self._has_tokens():
                    return RedirectResponse("/sign-in", 303, headers=_HEADERS)
                if session is None and not self._is_from_here(request):
                    return self._html("refused.html", 403, session=None)
                response: Response = await show(request, session)
            except Refused:
                return self._html("refused.html", 403, session=None)
            except IdsyncError as error:
                of_store = type(error) in (StoreError, StoreAway, StoreBusy)  # others end it, or need a person
                return self._html("error.html", 503, session=None, error=error, of_store=of_store)
            return response

        return answer

    def _has_tokens(self) -> bool:
        return bool(self._files().settings.service.status_tokens)

    def _is_from_here(self, request: Request) -> bool:
        """Whether somebody looks at a service of their own machine, which is not meant for others."""
        return self._files().settings.service.public_url is None and is_from_this_machine(request)

    async def _overview(self, request: Request, session: Session | None) -> Response:
        found = await self._look(lambda looking: looking.overview())
        # What was asked for is still to come while it waits, or no full pass ended since.
        asked = request.query_params.get("asked") == found.last_full or found.wish is not None
        return self._html(
            "overview.html",
            session=session,
            view=found,
            reconciles=self._reconciles(),
            unkept=bool(self._unkept()),
            asked=asked,
        )

    async def _run(self, request: Request, session: Session | None) -> Response:
        number = _run_number(request.path_params["number"])
        found = None if number is None else await self._look(lambda looking: looking.run(number))
        if found is None:
            return self._html("missing.html", 404, session=session, what="No run has this number.")
        text, more = found
        return self._html("run.html", session=session, number=number, text=text, more=more)

    async def _people(self, request: Request, session: Session | None) -> Response:
        text, name = (request.query_params.get(key, "")[:320].strip() for key in ("q", "name"))
        if not _is_text(text + name):
            return self._html("missing.html", 400, session=session, what="That is not a name.")
        found = await self._look(lambda looking: looking.people(text))
        person = await self._look(lambda looking: looking.person(name) if name else looking.searched(text, found))
        return self._html(
            "people.html",
            session=session,
            text=text,
            name=name,
            found=found[:FOUND],
            more=len(found) > FOUND,
            person=person,
        )

    async def _filters(self, request: Request, session: Session | None) -> Response:
        asked = {kind: _lines(request.query_params.get(kind, "")) for kind in ("groups", "apps")}
        place, complaint, halves, found = self._files(), "", [], None
        if request.query_params:
            try:
                filters = tried_filters(place.settings.filters, asked["groups"], asked["apps"])
                halves = half_expressions([*asked["groups"], *asked["apps"]])
            except PatternError as error:
                complaint = str(error)
            else:
                source = place.source(silent, remembered=self._remembered)
                catalogue = await asyncio.to_thread(source.catalogue)
                found = taken(place.settings, filters, catalogue)
        return self._html(
            "filters.html",
            session=session,
            asked=asked,
            complaint=complaint,
            halves=halves,
            found=found,
            most=_MOST_MATCHES,
        )

    async def _pass(self, request: Request, session: Session | None) -> Response:
        await form_of(request, session)
        return self._asked(await self._wish(lambda _: Wish(by=_actor(session))))

    async def _release(self, request: Request, session: Session | None) -> Response:
        form = await form_of(request, session)
        guard, reason = form.get("guard", ""), " ".join(form.get("reason", "").split())
        if guard not in RELEASED_ANYWHERE or not reason.isprintable() or not 0 < len(reason) <= _REASON_LIMIT:
            what = (
                "A release names a guard that this page may release, and says why in up to "
                f"{_REASON_LIMIT} characters that can be seen."
            )
            return self._html("missing.html", 400, session=session, what=what)

        def released(store: Store) -> Wish | None:
            held = held_by_guard(kept_back(store.facts, "local")).get(guard, frozenset())
            was_shown = digest_of(held) == form.get("held", "")
            return Wish(_actor(session), {guard: reason}, {guard: tuple(sorted(held))}) if was_shown else None

        since = await self._wish(released)
        if since is not None:
            return self._asked(since)
        what = f"{guard} does not hold what the page showed any more. Nothing was released: look again."
        return self._html("missing.html", 409, session=session, what=what)

    async def _wish(self, wish: Callable[[Store], Wish | None]) -> str | None:
        """Leave what somebody wishes for, told by the store as it is; the last full pass before it, or None where there
        is nothing to wish for.
        """

        def asked(store: Store) -> str | None:
            wished = wish(store)
            if wished is None:
                return None
            wish_for_pass(store.facts, wished)
            store.wake()  # the replica that leads, which need not be this one
            return last_full(store.facts)

        since = await self._worker.write(asked)
        if since is not None:
            self._call()
        return since

    def _asked(self, since: str | None) -> Response:
        return RedirectResponse(f"/?{urlencode({'asked': since or ''})}", 303, headers=_HEADERS)

    async def _signs_in(self, request: Request) -> Response:
        if not self._has_tokens():
            return RedirectResponse("/", 303, headers=_HEADERS)
        if request.method == "GET":
            return self._html("sign_in.html", session=None, complaint="")
        if self._signing_in.wait(request.client.host if request.client else ""):
            return self._html("sign_in.html", 429, session=None, complaint="Too many tries; wait a minute.")
        if not is_same_site(request):
            return self._html("sign_in.html", 401, session=None, complaint=_FROM_ELSEWHERE)
        form = await fields_of(request)
        cookie = self._sessions.sign_in(form.get("token", "").strip())
        if cookie is None:
            return self._html("sign_in.html", 401, session=None, complaint="That is not a token of this page.")
        response = RedirectResponse("/", 303, headers=_HEADERS)
        seconds, secure = int(LASTS.total_seconds()), self._is_secure(request)
        response.set_cookie(COOKIE, cookie, seconds, path="/", secure=secure, httponly=True, samesite="strict")
        return response

    async def _sign_out(self, request: Request, session: Session | None) -> Response:
        await form_of(request, session)
        response = RedirectResponse("/sign-in", 303, headers=_HEADERS)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response

    async def _css(self, _: Request) -> Response:
        return Response(_CSS, media_type="text/css", headers=_HEADERS)

    def _is_secure(self, request: Request) -> bool:
        """Whether cookies are for https alone: everywhere but on this machine, where nothing is in between."""
        return not (request.url.scheme == "http" and self._is_from_here(request))

    async def _look(self, look: Callable[[Looking], T]) -> T:
        def looked() -> T:
            with self._open_store() as store:
                return look(Looking(store, self._in_force))

        return await asyncio.to_thread(looked)

    def _html(self, template: str, status: int = 200, **values: Any) -> Response:
        integration = self._files().settings.integration
        text = self._templates.get_template(template).render(integration=integration, **values)
        return HTMLResponse(text, status, headers=_HEADERS)


def _lasting(seconds: float) -> str:
    """How long something took; of a minute or more, in whole seconds."""
    return f"{seconds:g} s" if seconds < 60 else duration_words(round(seconds))


def _is_text(text: str) -> bool:
    return is_text(text)


def _run_number(text: str) -> int | None:
    """The number of a run in a path, which anybody may make as long as they like."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text[:10_000].splitlines() if line.strip()]


def _actor(session: Session | None) -> str:
    return f"status page: {session.name}" if session is not None else "status page"
