"""A user who is created: read before the store is asked, so that many can be taken as one."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from idsync.model.pushed import PushedUser
from idsync.server.scim.kept_attributes import attributes_of, check_texts
from idsync.server.scim.publishing import with_places
from idsync.server.scim.service import OktaScimService
from idsync.server.scim.storage import USER, meta_of


@dataclass(frozen=True)
class Creation:
    """A user who was sent to a base URL: the attributes that are kept, and the same as they are told."""

    attributes: dict[str, Any]
    told: Mapping[str, Any]
    base_url: str

    @property
    def is_active(self) -> bool:
        """Whether this is somebody who comes; who is created inactive may have to be locked."""
        return bool(self.attributes.get("active", True))

    @property
    def username(self) -> str:
        """The name that was sent."""
        return str(self.attributes.get("userName") or "")

    @property
    def okta_id(self) -> str | None:
        """Okta's id, where it was sent."""
        found = self.attributes.get("externalId")
        return None if found is None else str(found)

    def answer(self, service: OktaScimService, user: PushedUser) -> ScimResponse:
        """The answer once the user is taken: what was pushed, and what we answer for."""
        place = service.resource_location(self.base_url, service.get_resource_type(USER), user.id)
        meta = meta_of(USER, user) | {"location": place}
        headers = {"Content-Location": place, "ETag": meta["version"], "Location": place}
        return ScimResponse(HTTPStatus.CREATED, {**self.told, "id": user.id, "meta": meta}, headers)


def read_creation(service: OktaScimService, request: ScimRequest) -> Creation:
    """Read a request that creates a user. Raises what SCIM says of one that cannot be kept."""
    with service.provider:
        resource_type = service.get_resource_type(USER)
        resource = service.read_creation(resource_type, request.body, request.header("Content-Type"))
        attributes = attributes_of(resource)
        told = with_places(service, request.base_url, type(resource), attributes)
    check_texts(attributes, "userName")
    return Creation(attributes, told, request.base_url)
