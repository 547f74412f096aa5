"""Requests of one credential that may write: signed in for the scope of each, and tried again with a new token."""

from collections.abc import Callable

from idsync.errors import IdsyncError
from idsync.okta.auth import Credential
from idsync.okta.authorizing import authorizer_for
from idsync.okta.refusals import refusal
from idsync.okta.request import Attempt, Request, Requester
from idsync.okta.transport import Answer

_JSON = {"Content-Type": "application/json"}


class Sender:
    """Sends requests to one organization with one credential."""

    def __init__(self, requester: Requester, credential: Credential) -> None:
        self._requester = requester
        self._credential = credential

    def send(
        self,
        request: Request,
        body: bytes | None = None,
        more: dict[str, str] | None = None,
        check: Callable[[], None] | None = None,
    ) -> Answer:
        """The final answer, after a new token or proof where one helps; `more` are headers beside the usual ones.

        `check` is called right before it is sent, once there is room for it, and raises why it is not to be. It is not
        called after a try that may have taken effect: what was begun is brought to its end.
        """
        authorizer = authorizer_for(self._credential, (request.scope,), self._requester)
        tried: set[str] = set()
        retries = self._requester.retries()

        def compose(url: str) -> Attempt:
            if check is not None and not retries.failures:
                check()
            headers = authorizer.headers(request.method, url) | (more or {})
            return Attempt({**headers, **_JSON} if body is not None else headers, body=body)

        while True:
            answer = self._requester.settle(request, compose, retries)
            authorizer.heard(answer)
            remedy = None if answer.status < 400 else authorizer.remedy(answer)
            if remedy is None or remedy in tried:
                return answer
            tried.add(remedy)

    def read(self, request: Request, more: dict[str, str] | None = None) -> Answer:
        """The answer to a request that must succeed. Raises what `refused` makes."""
        answer = self.send(request, more=more)
        if answer.status != 200:
            raise self.refused(answer, request)
        return answer

    def refused(self, answer: Answer, request: Request) -> IdsyncError:
        """The error of an answer that is final."""
        authorizer = authorizer_for(self._credential, (request.scope,), self._requester)
        return refusal(answer, request.what, request.scope, self._requester.org_url, authorizer.advice, 1)
