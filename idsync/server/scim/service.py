"""The SCIM protocol as Okta needs it spoken, and our errors in its words."""

import re
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar, cast

from scim2_models import (
    BaseModel,
    Context,
    Error,
    InvalidValueException,
    PatchOp,
    Resource,
    ResponseParameters,
    SCIMException,
    UniquenessException,
)
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target, match
from scim2_server.service import ScimService
from scim2_server.utils import parametrize

from idsync.errors import (
    BlockedError,
    IdsyncError,
    LeaseHeld,
    LeaseLost,
    NameTaken,
    PlanStale,
    SchemaMoved,
    StoreAway,
    StoreBusy,
    StoreReplaced,
)
from idsync.server.logs import LOG
from idsync.server.scim.patching import apply_patch
from idsync.server.scim.publishing import published

RETRY_SECONDS = 5
_FOR_PROGRAMMERS = re.compile(r"\s*(For further information visit |\d+ validation errors? for )")
_KIND_OF_ERROR = re.compile(r" \[type=\w+[^\n]*\]$")
_LONGEST_KNOWN = 100
"""Paths up to so many characters are remembered with what they ask for: longer ones are nobody's resources."""


ModelT = TypeVar("ModelT", bound=BaseModel)


class RequestTimeoutException(Exception):
    """A client that took too long to send its body."""


class ReadBody(bytes):
    """A body that was read before the store is asked, which others wait for."""

    model: type[BaseModel]
    context: Context
    found: BaseModel


_READ_AS = {
    Operation.create: Context.RESOURCE_CREATION_REQUEST,
    Operation.replace: Context.RESOURCE_REPLACEMENT_REQUEST,
    Operation.patch: Context.RESOURCE_PATCH_REQUEST,
}


class OktaScimService(ScimService):
    """Answers a PATCH with 200 and the resource, which suits every client; errors of ours keep what they say."""

    @staticmethod
    def match(request: ScimRequest) -> Target:
        """What a request asks for: three steps of each want to know."""
        find = _match if len(request.path) <= _LONGEST_KNOWN else match
        return find(request.method.upper(), request.path)

    def read_ahead(self, request: ScimRequest) -> bytes:
        """The body of a request, with the resource or the changes that it holds. Raises what reading raises."""
        target = self.match(request)
        context = _READ_AS.get(target.operation)
        if context is None or target.endpoint is None:
            return request.body
        resource = self.get_model(self.resource_type_at(target.endpoint))
        model = parametrize(PatchOp, resource) if target.operation is Operation.patch else resource
        body = ReadBody(request.body)
        with self.provider:
            body.found = self.read_body(model, request.body, request.header("Content-Type"), context)
        body.model, body.context = model, context
        return body

    def read_body(self, model: type[ModelT], body: bytes, content_type: str | None, scim_ctx: Context) -> ModelT:
        """What a body holds."""
        if isinstance(body, ReadBody) and (body.model, body.context) == (model, scim_ctx):
            return cast(ModelT, body.found)
        return super().read_body(model, body, content_type, scim_ctx)

    def publish(self, base_url: str, resource: Resource[Any]) -> Resource[Any]:
        """The resource in the form that is sent, changed in place: the storage makes each for one answer."""
        return published(self, base_url, resource)

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """The new state of a resource; also where it is as kept: facts may have moved meanwhile."""
        changed = super().apply_replacement(current, replacement, conditions)
        return replacement if changed is None else changed

    def apply_patch(
        self, current: Resource[Any], patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any] | None:
        """The new state of a resource; also where it is as kept: facts may have moved meanwhile."""
        self.check_preconditions(current, "PATCH", conditions)
        apply_patch(patch_op, current)
        return current

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """The resource as it is now."""
        sent = self.publish(base_url, resource)
        return self.resource_response(sent, Context.RESOURCE_REPLACEMENT_RESPONSE, response_parameters)

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """The SCIM error of whatever was raised, in words that an Okta administrator reads in the System Log."""
        match exception:
            case SCIMException():
                return _plain(exception.to_error())
            case RequestTimeoutException():
                return Error(status=HTTPStatus.REQUEST_TIMEOUT, detail="The body did not come in time.")
            case UnicodeEncodeError():
                return InvalidValueException(
                    detail="A text has half of a surrogate pair, and not a character."
                ).to_error()
            case NameTaken():
                return UniquenessException(detail=exception.in_full).to_error()
            case BlockedError() | PlanStale() | LeaseHeld() | LeaseLost():
                return Error(status=HTTPStatus.SERVICE_UNAVAILABLE, detail=exception.in_full)
            case StoreBusy() | StoreAway() | SchemaMoved() | StoreReplaced():
                cause = exception.__cause__
                LOG.error("A request was refused: %s", (cause if isinstance(cause, IdsyncError) else exception).in_full)
                return Error(status=HTTPStatus.SERVICE_UNAVAILABLE, detail=exception.without_place)
            case IdsyncError():
                LOG.error("A request failed: %s", exception.in_full)
                return Error(status=HTTPStatus.INTERNAL_SERVER_ERROR, detail=exception.in_full)
            case _:
                LOG.error("A request failed in a way that nobody foresaw; please report it.", exc_info=exception)
                return Error(status=HTTPStatus.INTERNAL_SERVER_ERROR, detail="idsync failed; its log says why.")

    def too_many(self, seconds: int) -> ScimResponse:
        """That a token asks too much, and in how many seconds it may ask again."""
        error = Error(status=HTTPStatus.TOO_MANY_REQUESTS, detail="Too many requests with this token.")
        headers = {"Retry-After": str(seconds)}
        return ScimResponse(HTTPStatus.TOO_MANY_REQUESTS, error.model_dump(), headers)

    def error_response(self, exception: Exception) -> ScimResponse:
        """The response to whatever was raised; one that is to be tried again says when."""
        response = super().error_response(exception)
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response


_match = lru_cache(maxsize=256)(match)


def _plain(error: Error) -> Error:
    """The error in one line, without what a library says to programmers."""
    if error.detail and "\n" in error.detail:
        lines = [line.strip() for line in error.detail.splitlines() if not _FOR_PROGRAMMERS.match(line)]
        error.detail = ": ".join(_KIND_OF_ERROR.sub("", line) for line in lines)
    return error
