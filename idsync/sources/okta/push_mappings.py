"""Which group of Okta's each pushed group is: the mappings of Okta's Push Groups, a thousand of them by request."""

import msgspec

from idsync.errors import AuthorizationError
from idsync.model.pushed import PushMappings
from idsync.okta.client import OktaClient
from idsync.okta.endpoints import Endpoints
from idsync.okta.refusals import NotThere
from idsync.sources.okta.sso_app import pass_over


class PushMapping(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A group that Okta pushes, and the id that it has where it is pushed to: none before that is known."""

    id: str
    source_group_id: str = ""
    target_group_id: str | None = None


def read_push_mappings(client: OktaClient, endpoints: Endpoints, app: str) -> PushMappings:
    """Which groups Okta pushes to an app, and as which; nothing is known where Okta has no such listing, or the
    credential may not see it. Raises SourceError.

    The list is not whole while Okta does not know yet under which id some group is pushed.
    """
    pairs: dict[str, str] = {}
    twice: set[str] = set()
    is_whole = True
    try:
        for page in client.rows(endpoints.push_mappings(app), PushMapping, pass_over):
            for mapping in page:
                if not mapping.target_group_id or not mapping.source_group_id:
                    is_whole = False
                    continue
                if pairs.setdefault(mapping.target_group_id, mapping.source_group_id) != mapping.source_group_id:
                    twice.add(mapping.target_group_id)
    except (NotThere, AuthorizationError):
        return PushMappings()
    one = {target: source for target, source in pairs.items() if target not in twice}
    return PushMappings(one, frozenset(pairs) if is_whole else None)
