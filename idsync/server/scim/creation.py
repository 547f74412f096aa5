"""A user who is created: read before the store is asked, so that many can be taken as one."""

from dataclasses import dataclass
from typing import Any

from scim2_models import Resource
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from idsync.model.pushed import PushedUser
from idsync.server.scim.kept_attributes import attributes_of, check_texts
from idsync.server.scim.service import OktaScimService
from idsync.server.scim.storage import USER, as_made


@dataclass(frozen=True)
class Creation:
    """A user as they were sent to a base URL, and what is kept of that."""

    resource: Resource[Any]
    attributes: dict[str, Any]
    base_url: str

    @property
    def is_active(self) -> bool:
        """Whether this is somebody who comes; who is created inactive may have to be locked."""
        return bool(self.attributes.get("active", True))

    def answer(self, service: OktaScimService, user: PushedUser) -> ScimResponse:
        """The answer once the user is taken, which it changes the resource for."""
        with service.provider:
            return service.creation_response(self.base_url, as_made(self.resource, user))


def read_creation(service: OktaScimService, request: ScimRequest) -> Creation:
    """Read a request that creates a user. Raises what SCIM says of one that cannot be kept."""
    with service.provider:
        resource_type = service.get_resource_type(USER)
        resource = service.read_creation(resource_type, request.body, request.header("Content-Type"))
        attributes = attributes_of(resource)
    check_texts(attributes, "userName")
    return Creation(resource, attributes, request.base_url)
