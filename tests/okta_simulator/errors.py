"""Okta's error answers: a code, a status and a summary each; only the code is contract."""

import uuid
from dataclasses import dataclass
from typing import Any


class OktaError(Exception):
    """An answer with Okta's error body (without any when `empty`) and headers of its own."""

    def __init__(
        self,
        status: int,
        code: str,
        summary: str,
        *causes: str,
        headers: list[tuple[str, str]] | None = None,
        empty: bool = False,
    ) -> None:
        super().__init__(f"{status} {code} {summary}")
        self.status = status
        self.code = code
        self.summary = summary
        self.causes = causes
        self.headers = headers or []
        self.empty = empty

    def body(self, *, short: bool = False) -> dict[str, Any]:
        """The JSON body; the short one lacks errorLink and errorCauses, as /logs sometimes does."""
        body: dict[str, Any] = {
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorId": "oae" + uuid.uuid4().hex[:22],
        }
        if not short:
            body["errorLink"] = self.code
            body["errorCauses"] = [{"errorSummary": cause} for cause in self.causes]
        return body


class OAuthError(Exception):
    """An answer of the token endpoint, or a DPoP refusal."""

    def __init__(self, status: int, error: str, description: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {error} {description}")
        self.status = status
        self.error = error
        self.description = description
        self.headers = headers or {}

    def body(self) -> dict[str, str]:
        """The JSON body that RFC 6749 asks for."""
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True, slots=True)
class Kind:
    """The word in brackets of a not-found summary."""

    word: str


USER = Kind("User")
GROUP = Kind("UserGroup")
APP = Kind("AppInstance")
APP_USER = Kind("AppUser")
APP_GROUP = Kind("ApplicationGroupAssignment")
RULE = Kind("GroupRule")
ROLE = Kind("Role")
KEY = Kind("JsonWebKey")
IAM_ROLE = Kind("IAMRole")
HOOK = Kind("EventHook")


def not_found(identifier: str, kind: Kind) -> OktaError:
    return OktaError(404, "E0000007", f"Not found: Resource not found: {identifier} ({kind.word})")


def invalid(field: str, cause: str) -> OktaError:
    return OktaError(400, "E0000001", f"Api validation failed: {field}", f"{field}: {cause}")


_NOT_PERMITTED = "You do not have permission to perform the requested action"


def forbidden() -> OktaError:
    return OktaError(403, "E0000006", _NOT_PERMITTED)


def insufficient_scope(scope: str, url: str, *, empty: bool) -> OktaError:
    """The refusal of a token without the scope that a call to this URL needs: a header names it."""
    base, slash, path = url.partition("/api/")
    challenge = (
        f'Bearer authorization_uri="{base}/oauth2/v1/authorize", realm="{base}", scope="{scope}", '
        'error="insufficient_scope", '
        'error_description="The access token provided does not contain the required scopes.", '
        f'resource="{slash}{path}"'
    )
    return OktaError(403, "E0000006", _NOT_PERMITTED, headers=[("www-authenticate", challenge)], empty=empty)


def wrong_status(what: str) -> OktaError:
    return OktaError(403, "E0000038", f"This operation is not allowed in the current status: {what}")
