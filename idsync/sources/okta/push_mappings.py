"""Which group of Okta's each pushed group is: the mappings of Okta's Push Groups, a thousand of them by request."""

import msgspec

from idsync.errors import AuthorizationError
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.refusals import NotThere
from idsync.sources.okta.sso_app import pass_over


class PushMapping(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A group that Okta pushes, and the id that it has where it is pushed to: none before that is known."""

    id: str
    source_group_id: str = ""
    target_group_id: str | None = None


def read_push_mappings(client: OktaClient, endpoints: Endpoints, app: str) -> dict[str, str]:
    """The group of Okta's by the id of the one that it is pushed as; empty where Okta has no such listing, or the
    credential may not see it. Raises SourceError.

    An id that several groups are pushed as is nobody's.
    """
    pairs: dict[str, str] = {}
    twice: set[str] = set()
    try:
        for page in client.rows(endpoints.push_mappings(app), PushMapping, pass_over):
            for mapping in page:
                if not mapping.target_group_id or not mapping.source_group_id:
                    continue
                if pairs.setdefault(mapping.target_group_id, mapping.source_group_id) != mapping.source_group_id:
                    twice.add(mapping.target_group_id)
    except (NotThere, AuthorizationError):
        return {}
    return {target: source for target, source in pairs.items() if target not in twice}
