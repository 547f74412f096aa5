"""The requests that write memberships, each of which may be sent twice and takes effect once.

What somebody else did meanwhile (added the same person, removed them, deleted the group) is agreement, not a failure,
as far as Okta itself says so. That a group brings an app as well is neither: it stays, and is told.
"""

from collections.abc import Callable, Sequence
from typing import NoReturn

import msgspec

from idsync.errors import AuthorizationError, SourceError, StaysInOkta
from idsync.model.okta_access import MEMBERSHIPS
from idsync.model.rows import Row
from idsync.okta.admin_roles import ROLES, powers_of_token
from idsync.okta.auth import Credential
from idsync.okta.authorizing import authorizer_for
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.refusals import OAuthScope, looks_like_html, problem_of, words_of
from idsync.okta.request import Request, Requester
from idsync.okta.transport import Answer
from idsync.targets.okta.sending import Sender

_CONVEYED = "E0000046"
"""Okta's refusal to take an app from somebody who has it through a group."""
_NOTHING_DONE = frozenset({"E0000008", "E0000112"})
"""404 of a path that Okta does not have, and 409 of a person who is still being activated: nobody else did it."""
SCOPES: tuple[OAuthScope, OAuthScope] = ("okta.groups.manage", "okta.apps.manage")
"""What writing takes: of groups, and of apps."""


class _Actions(msgspec.Struct, frozen=True, rename="camel"):
    group_ids: list[str] = []


class _Assigning(msgspec.Struct, frozen=True, rename="camel"):
    assign_user_to_groups: _Actions = _Actions()


class _Rule(msgspec.Struct, frozen=True):
    id: str
    actions: _Assigning = _Assigning()


class MembershipWriter:
    """Writes memberships of one organization with one credential."""

    def __init__(self, requester: Requester, credential: Credential) -> None:
        self._requester = requester
        self._credential = credential
        self._sender = Sender(requester, credential)
        self._endpoints = Endpoints(requester.org_url)

    def now(self) -> float:
        """The time by Okta's clock, in seconds since the epoch: readings are dated by it, too."""
        return self._requester.okta_time()

    def check_access(self, kinds: Sequence[str]) -> None:
        """See that the credential may write memberships of these kinds (`group`, `app`), before anything is written.

        Raises AuthorizationError that names the scope, or the role, that is missing.
        """
        for kind, scope in zip(("group", "app"), SCOPES, strict=True):
            if kind in kinds:
                authorizer_for(self._credential, (scope,), self._requester).headers("PUT", self._requester.org_url)
        powers = powers_of_token(self._requester, self._credential)
        if powers is not None and powers.suffice(MEMBERSHIPS) is False:
            raise AuthorizationError(
                MEMBERSHIPS.missing(powers.names),
                why="Memberships go to Okta with sync.bidirectional.",
                fix=f"Give it {MEMBERSHIPS.remedy}, or switch sync.bidirectional off.",
            )

    def filled_by_rules(self) -> frozenset[str]:
        """The groups that a rule fills. Raises SourceError where the listing of rules is not whole, or one is odd."""
        request = self._endpoints.group_rules()
        client = OktaClient(self._requester, authorizer_for(self._credential, (request.scope,), self._requester))
        pages = client.rows(request, _Rule, _refuse_rule)
        return frozenset(
            group for page in pages for rule in page for group in rule.actions.assign_user_to_groups.group_ids
        )

    def conveys_admin_role(self, group: str) -> bool | None:
        """Whether the members of a group are administrators; None where the credential may not see that."""
        try:
            answer = self._sender.send(self._endpoints.roles_of_group(group))
        except AuthorizationError:
            return None
        return bool(ROLES.decode(answer.body)) if answer.status == 200 else None

    def put_in(self, kind: str, name: str, user: str, check: Callable[[], None]) -> None:
        """Make somebody a member of a group, or assign an app; `check` raises why it is not to be sent after all."""
        if kind == "app":
            self._write(self._endpoints.assign(name), check, msgspec.json.encode({"id": user, "scope": "USER"}))
        else:
            self._write(self._endpoints.join(name, user), check)

    def take_out(self, kind: str, name: str, user: str, check: Callable[[], None]) -> None:
        """Take somebody out of a group, or take an app from them; `check` as of `put_in`."""
        endpoints = self._endpoints
        self._write(endpoints.unassign(name, user) if kind == "app" else endpoints.leave(name, user), check)

    def _write(self, request: Request, check: Callable[[], None], body: bytes | None = None) -> None:
        answer = self._sender.send(request, body, check=check)
        if problem_of(answer).code == _CONVEYED:
            raise StaysInOkta(
                f"Okta keeps {request.what}: a group brings that app as well.",
                why=f"It says so itself ({words_of(answer)}). The next apply puts it back in the directory.",
                fix="To take the app away, take the person out of the group in Okta.",
            )
        if not _is_agreed(answer):
            raise self._sender.refused(answer, request)


def _is_agreed(answer: Answer) -> bool:
    """Whether Okta has the membership as it was asked to, by this request or by what somebody else did meanwhile.

    An answer without an error code of Okta's is one of a proxy, which did not ask Okta.
    """
    if answer.status in (200, 201, 204):
        return not looks_like_html(answer)
    code = problem_of(answer).code
    return answer.status in (404, 409) and bool(code) and code not in _NOTHING_DONE


def _refuse_rule(row: Row, error: Exception) -> NoReturn:
    """Which groups a rule fills that cannot be read, nobody knows: nothing is written then."""
    raise SourceError(
        f"A group rule of Okta's cannot be read ({row.id or 'without an id'}).",
        why=f"{error}. Groups that it fills must not be written.",
        fix="Look at the rule in Okta (Directory, Groups, Rules); if it is as usual, please report this.",
    )
