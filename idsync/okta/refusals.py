"""What a failed request means: errors that say what, why and how to fix, without a word that could be a secret."""

import re
from typing import assert_never

import msgspec

from idsync.errors import AuthenticationError, AuthorizationError, IdsyncError, SourceError, SourceUnreachable
from idsync.model.known_secrets import saying_without_secrets
from idsync.model.okta_access import MEMBERSHIPS, Scope
from idsync.okta.transport import Answer, Broken
from idsync.okta.wire import Problem

OAuthScope = Scope

_PROBLEM = msgspec.json.Decoder(Problem)
_SECRETIVE = re.compile(r"[A-Za-z0-9_\-+/=.]{32,}")
_LONGEST_WORDS = 300
_VALIDATION_FAILED = "E0000001"
_RESOURCE_NOT_FOUND = "E0000007"
"""The code of a missing object. Unknown paths, and proxies before Okta, answer 404 without it."""


class NotThere(SourceUnreachable):
    """Okta itself says that the object does not exist."""


class NotTaken(SourceError):
    """Okta says that it does not accept a request in this form (400)."""


_READS_THE_REST = "Read-only Administrator reads everything"
_READS_ROLES = (
    "Super Administrator, or a custom admin role with the permission View roles, resources, and admin assignments, "
    "reads admin roles"
)


class Advice(msgspec.Struct, frozen=True):
    """What people are told of the credential in use: why it may be `refused`; where a scope is missing, what it `lacks`
    and how to `grant` it, with the scope in braces.
    """

    refused: str
    lacks: str
    grant: str

    def granting(self, scope: str) -> str:
        """How to grant a scope, with a role that is enough."""
        is_write = scope.endswith(".manage")
        role = MEMBERSHIPS.remedy if is_write else _READS_ROLES if scope == "okta.roles.read" else _READS_THE_REST
        return f"{self.grant.format(scope=scope)}: {role}."


NO_CREDENTIAL = Advice("", "This takes {scope}.", "Grant {scope}")
"""Of requests that need none."""

ROLE_HINT = (
    "an OAuth app needs the scope granted (Okta API Scopes) and an admin role or resource set that covers it "
    "(Admin roles: Read-only Administrator does); an API token has the role of the account that made it."
)


def problem_of(answer: Answer) -> Problem:
    """Return the error body, or an empty one when it cannot be read."""
    try:
        return _PROBLEM.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Problem()


def words_of(answer: Answer) -> str:
    """Return status, code and summary of an error answer on one line, without anything that looks like a secret."""
    problem = problem_of(answer)
    parts = [problem.code or problem.error, problem.summary or problem.error_description]
    parts += [cause.error_summary for cause in problem.causes[:3]]
    text = ": ".join(part for part in parts if part)
    return f"{answer.status} {harmless(text)}".strip()


def harmless(text: str) -> str:
    """Make text from outside safe for a message: printable, short, and without long words (tokens, keys)."""
    start = saying_without_secrets(text)[: _LONGEST_WORDS * 2]
    plain = "".join(character if character.isprintable() else " " for character in start)
    return _SECRETIVE.sub("…", plain)[:_LONGEST_WORDS]


def refuses_limit(answer: Answer) -> bool:
    """Tell whether Okta refuses the page size of a request."""
    problem = problem_of(answer)
    return problem.code == _VALIDATION_FAILED and "limit" in problem.summary


def looks_like_html(answer: Answer) -> bool:
    """Tell whether an answer is a web page, made for people."""
    return answer.body.lstrip()[:1] == b"<" or "text/html" in answer.headers.get("content-type")


def refusal(answer: Answer, what: str, scope: OAuthScope, org_url: str, advice: Advice, attempts: int) -> IdsyncError:
    """Make the error of the last answer after `attempts`. `what` was read; `advice` is about the credential in use."""
    said = words_of(answer)
    match answer.status:
        case status if 300 <= status < 400:
            return SourceUnreachable(
                f"{org_url} redirects instead of answering ({status}).",
                why="Okta's API does not redirect; credentials are not sent to another address.",
                fix="Set org_url to the organization's own address, as its administrators see it (without -admin).",
            )
        case _ if looks_like_html(answer):
            return not_okta(answer, org_url)
        case 401:
            return AuthenticationError(
                f"Okta does not accept the credential ({said}).", why=advice.refused, fix=_NEW_CREDENTIAL
            )
        case 403:
            return AuthorizationError(
                f"Okta does not allow {'changing' if scope.endswith('.manage') else 'reading'} {what} ({said}).",
                scope=scope,
                why=advice.lacks.format(scope=scope),
                fix=advice.granting(scope),
            )
        case 404 if code := problem_of(answer).code:
            kind = NotThere if code == _RESOURCE_NOT_FOUND else SourceUnreachable
            return kind(
                f"Okta did not find {what} at {org_url} ({said}).",
                why="The object does not exist there, or the credential may not see it.",
                fix="Check org_url and app in the Integration; " + ROLE_HINT,
            )
        case 404 | 409 if not problem_of(answer).code:
            return not_okta(answer, org_url)
        case 409:
            return SourceUnreachable(
                f"Okta could not change {what} now ({said}).",
                why="Another change of the same person, group or app is under way there.",
                fix="Run it again in a minute.",
            )
        case status if status in (408, 429) or status >= 500:
            return SourceUnreachable(
                f"Okta did not return {what}: all {attempts} attempts failed (last answer: {said}).",
                why="The server reports an internal failure, or that it has no room for the request.",
                fix="See https://status.okta.com, and try again later.",
            )
        case status:
            kind_of_refusal = NotTaken if status == 400 else SourceError
            return kind_of_refusal(
                f"Okta refused the request for {what} ({said}).",
                why="Okta does not accept the request in this form.",
                fix="Check that org_url is an Okta organization; if it is, please report this.",
            )


_NEW_CREDENTIAL = "Renew the credential in Okta and set it where spec.auth points to."


def not_okta(answer: Answer, org_url: str) -> IdsyncError:
    """Make the error of an answer that does not come from Okta's API."""
    form = "a web page" if looks_like_html(answer) else "something that is not Okta's JSON"
    return SourceUnreachable(
        f"{org_url} answers with {form} ({answer.status}), not as Okta's API does.",
        why="The address is not an Okta organization, or a proxy or maintenance page stands before it.",
        fix="Check org_url (https://NAME.okta.com), and any proxy on the way.",
    )


def unreachable(broken: Broken, what: str, org_url: str, attempts: int) -> IdsyncError:
    """Make the error of a request that got no response in `attempts`; `broken` is the last of them."""
    match broken.kind:
        case "dns":
            return SourceUnreachable(
                f"The host of {org_url} has no address.",
                why=harmless(broken.text),
                fix="Check the spelling of org_url and of HTTPS_PROXY, if it is set, and this machine's name service.",
            )
        case "tls":
            return SourceUnreachable(
                f"The connection to {org_url} is not trusted.",
                why=harmless(broken.text),
                fix="Check org_url and this machine's clock; where a proxy opens TLS, set SSL_CERT_FILE to its CA.",
            )
        case "connect":
            return SourceUnreachable(
                f"{org_url} does not accept a connection.",
                why=harmless(broken.text),
                fix="Check org_url, the network and HTTPS_PROXY.",
            )
        case "proxy":
            return SourceUnreachable(
                f"The proxy does not connect to {org_url}.",
                why=harmless(broken.text),
                fix="Check HTTPS_PROXY, with the user and password that it asks for, and what it lets through.",
            )
        case "timeout" | "broken":
            return SourceUnreachable(
                f"{org_url} did not answer the request for {what}: all {attempts} attempts failed.",
                why=harmless(broken.text),
                fix="Try again later; if it stays so, see https://status.okta.com and any proxy on the way.",
            )
        case "size":
            return SourceUnreachable(
                f"The answer to the request for {what} is too large: {broken.text}.",
                why="Okta's pages are far smaller.",
                fix="Check that org_url is an Okta organization.",
            )
        case unknown:
            assert_never(unknown)
