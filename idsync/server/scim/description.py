"""What the service says of itself: users (core and enterprise) and groups, and all of RFC 7644 but `/Me`."""

from functools import cache

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ETag,
    Filter,
    Patch,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)
from scim2_server.utils import load_default_resource_types, load_default_schemas

from idsync.server.scim.request_limits import LARGEST_BULK, MOST_BULK

MOST_FOUND = 1000
"""So many resources a page of a search has at most."""


@cache
def description(*, body_limit: int) -> ScimProvider:
    """The provider whose service we are. Attributes that no schema knows are kept, as Okta relies on.

    Its classes take a tenth of a second to make and are only read afterwards, so endpoints share them.
    """
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MOST_BULK, max_payload_size=min(body_limit, LARGEST_BULK)),
        filter=Filter(supported=True, max_results=MOST_FOUND),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token made by `idsync scim token create`.",
                primary=True,
            )
        ],
    )
    policy = ScimPolicy(
        unknown=ScimPolicy.Unknown.keep,
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    )
    return ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config, policy=policy
    )
