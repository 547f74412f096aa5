"""Reads Okta's listings page by page into typed rows, and checks that each listing ends as it should."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import NoReturn, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec

from idsync.errors import SourceError
from idsync.model.known_secrets import bytes_without_secrets
from idsync.model.rows import NotRows
from idsync.okta.auth import Authorizer
from idsync.okta.links import cursor, limit_of, next_link
from idsync.okta.odd_rows import Odd, Page, page_of, refuse_object
from idsync.okta.page_size import ADVISED
from idsync.okta.refusals import harmless, looks_like_html, not_okta, refusal
from idsync.okta.request import Attempt, Request, Requester
from idsync.okta.retry import Retries
from idsync.okta.transport import Answer
from idsync.okta.wire import Row

T = TypeVar("T")
R = TypeVar("R", bound=Row)

_STALE_PAGES = 5
"""After so many pages in a row without a new row, a listing is taken for one without an end."""

_MOST_PAGES = 20_000


class OktaClient:
    """The requests of one reading, with one credential. Safe to use from several threads."""

    def __init__(self, requester: Requester, authorizer: Authorizer) -> None:
        self._requester = requester
        self._authorizer = authorizer
        self._origin = _origin(requester.org_url)

    def object(self, request: Request, kind: type[T]) -> T:
        """Read one object; raises NotThere when Okta says that it does not exist, UnreadableObject when it is odd."""
        decoder = msgspec.json.Decoder(kind)
        return self._read(request, decoder.decode, partial(refuse_object, what=request.what))[0]

    def rows(self, request: Request, kind: type[R], odd: Odd) -> Iterator[list[R]]:
        """Read a listing: the new rows of each page in turn. A row that comes again on a later page is left out.

        `odd` is given each row that cannot be read. Raises NotThere when Okta says so, and SourceError when any page
        fails, or when the listing does not end as one does.
        """
        read, row_by_row = _page_reader(kind), partial(_row_by_row, kind)
        seen: set[str] = set()
        cursors: set[str] = set()
        stale = 0
        for _ in range(_MOST_PAGES):
            page, answer = self._read(request, read, row_by_row)
            fresh = _fresh(page.rows, seen)
            yield fresh
            for row, error in page.odd:
                odd(row, error)
            following = self._next(request, answer, page.length)
            if following is None or not page.length:
                return
            is_new = bool(fresh or page.odd)
            is_full = page.length >= limit_of(answer.url) or page.length == ADVISED
            cursors.add(cursor(request.url))
            if cursor(following) in cursors:
                # Okta has named a cursor again on the last page of a listing. A full page is not the last one.
                if page.length >= limit_of(answer.url) or (is_full and not is_new):
                    raise _circular(request, f"A full page of {page.length} names a page that came before as the next.")
                return
            if is_full and not is_new:
                raise _circular(request, f"A full page of {page.length} brought nothing new.")
            stale = 0 if is_new else stale + 1
            if stale >= _STALE_PAGES:
                raise _endless(request, f"{stale} pages in a row brought nothing new, and each names a next one.")
            request = msgspec.structs.replace(request, url=following)
        raise _endless(request, f"{_MOST_PAGES:,} pages came, and the last one names a next one.")

    def poll(self, request: Request, decoder: msgspec.json.Decoder[list[T]]) -> tuple[list[T], str | None]:
        """One page of a listing that never ends, and the address from which to go on."""
        page, answer = self._read(request, decoder.decode, _no_rows)
        return page, self._next(request, answer, len(page))

    def _next(self, request: Request, answer: Answer, rows: int) -> str | None:
        links = answer.headers.copies("link")
        link = next_link(links)
        if link is None:
            # Okta names at least the page itself: a full page without any link has lost the way to the next one.
            if not links and rows >= limit_of(answer.url):
                raise SourceError(
                    f"The listing of {request.what} breaks off.",
                    why=f"A full page of {rows} came without a Link header, so what follows it cannot be known.",
                    fix="Configure any proxy on the way to pass Link headers on.",
                )
            return None
        following = _joined(request.url, link)
        if _origin(following) != self._origin:
            raise SourceError(
                f"The listing of {request.what} continues at another address than {self._requester.org_url}.",
                why=f"Okta names {harmless(following)[:120]} as the next page; the credential is not sent there.",
                fix="Set org_url to the address that Okta itself uses for the organization.",
            )
        return following

    def _read(
        self, request: Request, decode: Callable[[bytes], T], fallback: Callable[[bytes, Exception], T]
    ) -> tuple[T, Answer]:
        """Read and decode one page, by `fallback` where the fast way fails; broken JSON is asked for again."""
        retries = self._requester.retries()
        while True:
            answer = self._answer(request, retries)
            try:
                return decode(answer.body), answer
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                try:
                    return fallback(answer.body, error), answer
                except NotRows:
                    pass
                if isinstance(error, msgspec.ValidationError):
                    raise SourceError(
                        f"Okta's answer for {request.what} is not what it documents: {error}.",
                        why="It is of another shape, so that nothing in it can be used.",
                        fix="Check that org_url is an Okta organization; if it is, please report this.",
                    ) from None
                if looks_like_html(answer) or not retries.after_failure():
                    raise not_okta(answer, self._requester.org_url) from None

    def _answer(self, request: Request, retries: Retries) -> Answer:
        """Return the successful answer, or raise the refusal when no new token or proof can help."""
        tried: set[str] = set()
        while True:
            answer = self._requester.settle(request, self._compose, retries)
            self._authorizer.heard(answer)
            answer = msgspec.structs.replace(answer, body=bytes_without_secrets(answer.body))
            if answer.status == 200:
                return answer
            remedy = self._authorizer.remedy(answer)
            if remedy is None or remedy in tried:
                raise refusal(
                    answer,
                    request.what,
                    request.scope,
                    self._requester.org_url,
                    self._authorizer.advice,
                    retries.attempts,
                )
            tried.add(remedy)

    def _compose(self, url: str) -> Attempt:
        return Attempt(self._authorizer.headers("GET", url))


def _fresh(page: list[R], seen: set[str]) -> list[R]:
    """The rows whose ids are not in `seen`, each once; their ids are added."""
    ids = {row.id for row in page}
    if len(ids) == len(page) and seen.isdisjoint(ids):  # nearly always
        seen |= ids
        return page
    fresh = []
    for row in page:
        if row.id not in seen:
            seen.add(row.id)
            fresh.append(row)
    return fresh


@cache
def _page_reader(kind: type[R]) -> Callable[[bytes], Page[R]]:
    decoder: msgspec.json.Decoder[list[R]] = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
    return lambda body: Page(decoder.decode(body))


def _row_by_row(kind: type[R], body: bytes, _: Exception) -> Page[R]:
    return page_of(kind, body)


def _no_rows(_: bytes, __: Exception) -> NoReturn:
    raise NotRows


def _endless(request: Request, why: str) -> SourceError:
    return SourceError(
        f"The listing of {request.what} does not end.",
        why=why,
        fix="Try again; if it happens again, report it to Okta's support.",
    )


def _circular(request: Request, why: str) -> SourceError:
    return SourceError(
        f"The pages of {request.what} go in a circle, so that some are missing.",
        why=why,
        fix="Have any cache or proxy on the way pass query strings on, and read again.",
    )


def _joined(url: str, link: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError:
        return link  # not valid, so it has no origin


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; empty when the address is not valid, so that it equals no other."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
        return parts.scheme, (parts.hostname or "").casefold(), port if parts.username is None else -1
    except ValueError:
        return "", "", -1
