"""The points of Okta's behaviour that are not documented, one switch each.

Every default is the answer that observation makes likely; a client must be right under every setting.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Switches:
    """How this organization answers where Okta's documentation leaves the answer open."""

    # 1-4: what moves a group's lastMembershipUpdated
    hard_delete_moves_membership: bool = False
    status_change_moves_membership: bool = False
    everyone_moves_membership: bool = False
    creation_sets_membership: bool = True
    # 5: does every status change move the user's lastUpdated?
    status_change_moves_last_updated: bool = True
    # 6: `limit` above the maximum
    excessive_limit: Literal["clamp", "reject"] = "clamp"
    # 7: the true page maxima
    group_members_maximum: int = 1000
    group_apps_maximum: int = 200
    # 8: does /users/{id}/groups page?
    user_groups: Literal["paged", "unpaged"] = "paged"
    # 9: order of the user list
    user_order: Literal["id", "other"] = "id"
    # 10: rows while a listing is under way: keyset cursors, or offsets that shift
    rows: Literal["stable", "shifting"] = "stable"
    # 11: `next` on a page that ends exactly at the last row
    last_page: Literal["absent", "empty_extra_page", "repeating_cursor"] = "absent"
    # 12: Link header on results of `q=`
    query_link: Literal["absent", "self"] = "self"
    # 13, 14: how far `filter` and `search` lag behind, in seconds
    filter_lag: float = 0.0
    search_lag: float = 0.0
    # 15: copies of each X-Rate-Limit header; the first copy belongs to the whole organization
    rate_limit_headers: Literal["one", "several"] = "one"
    # 16: Reset on a concurrency 429
    concurrency_reset: Literal["soon", "wrong"] = "soon"
    # 17, 18: DPoP at the API
    wrong_proof_status: Literal[401, 403] = 401
    api_demands_nonce: bool = False
    # 19: a requested scope that was not granted
    ungranted_scope: Literal["reject", "fewer"] = "reject"
    # 20: a principal without an admin role
    missing_role: Literal["forbidden", "fewer_rows"] = "forbidden"
    # 21: status of the refusal to delete an ACTIVE app
    active_app_deletion_status: Literal[403, 400] = 403
    # 22: scope of an app user with a direct and a group assignment
    both_assignments_scope: Literal["USER", "GROUP"] = "USER"
    # 23: `_embedded.stats`
    stats: Literal["exact", "stale"] = "exact"
    # 24: does Everyone list DEPROVISIONED users?
    everyone_has_deprovisioned: bool = True
    # 25: error bodies of /logs
    log_errors: Literal["full", "short"] = "full"
    # 26: list calls above `big_list_limit` rows a page
    big_lists: Literal["normal", "slow", "failing"] = "normal"
    big_list_limit: int = 100
    big_list_seconds: float = 31.0
    # 27: the 403 of a token without the needed scope: Okta's error body, or none; the header is there in both
    scope_refusal: Literal["full", "empty"] = "full"
    # 28: removing a member whom a rule brought. Okta's help: the rule then excepts the person; or the rule brings them
    # again when they change; or the removal is refused
    removal_of_ruled_member: Literal["excepted", "brought_again", "refused"] = "excepted"
    # 29: how far listings lag behind writes, in seconds: the groups (when their members moved), the members, and the
    # assignments to apps. What is read by id never lags
    groups_lag: float = 0.0
    members_lag: float = 0.0
    assignments_lag: float = 0.0
    # 30: one copy that lags, or that copy and an exact one answering a listing in turn, the lagging one first
    copies: Literal["behind", "taking_turns"] = "behind"
