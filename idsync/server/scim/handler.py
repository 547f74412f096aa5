"""The library's handler, but for a PATCH of a group by the members that it names."""

from collections.abc import Iterator
from typing import Any

from scim2_models import BaseModel, PatchOp, PayloadTooLargeException, Resource, ResourceType
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler

from idsync.scim.said import WHOLE, said_by
from idsync.server.scim.member_patch import member_changes
from idsync.server.scim.patch_work import PatchWork
from idsync.server.scim.request_limits import MOST_OTHER_CHANGES
from idsync.server.scim.service import OktaScimService
from idsync.server.scim.storage import GROUP, PushStorage


class PushHandler(ScimHandler):
    """Serves one request beside the store."""

    def __init__(self, service: OktaScimService, storage: PushStorage) -> None:
        super().__init__(service, storage)
        self._kept = storage
        self._work = PatchWork()

    def replace_resource(
        self, resource_type: ResourceType, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any]:
        """Apply a replacement, also one that changes nothing."""
        self._kept.wrote(str(current.id), WHOLE)
        return super().replace_resource(resource_type, current, replacement, conditions)

    def patch_resource(
        self, resource_type: ResourceType, resource_id: str, patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any]:
        """Apply a PATCH; who is not named in one of a group is not looked at."""
        self._kept.wrote(resource_id, said_by(_operations(patch_op)))
        changes = member_changes(patch_op) if resource_type.name == GROUP else None
        if changes is None:
            if len(patch_op.operations or ()) > MOST_OTHER_CHANGES:
                raise PayloadTooLargeException(detail=f"A PATCH like this has at most {MOST_OTHER_CHANGES} operations.")
            self._kept.count_work(self._work, resource_type, resource_id, patch_op)
            return super().patch_resource(resource_type, resource_id, patch_op, conditions)
        conditions.check(self._kept.version_of_group(resource_id), "PATCH")
        return self._kept.change_members(resource_id, changes)


def _operations(patch_op: "PatchOp[Any]") -> Iterator[tuple[str, Any]]:
    """The path and the value of each operation."""
    for each in patch_op.operations or ():
        value = each.value.model_dump() if isinstance(each.value, BaseModel) else each.value
        yield "" if each.path is None else str(each.path), value
