"""What each code of a finding says, and what to do about it: for documents, and for formats that explain a code.

`docs/diagnostics.md` is held equal to it. A new finding gets its row here; IDSYNC_ACCEPT=1 writes the document again.
"""

import msgspec

from idsync.model.findings import Severity


class FindingCode(msgspec.Struct, frozen=True):
    """A kind of finding. Both texts are Markdown without any mark-up but code."""

    name: str
    severity: Severity
    says: str
    to_do: str


FINDING_CODES: dict[str, FindingCode] = {}


def _code(name: str, severity: Severity, says: str, to_do: str) -> None:
    FINDING_CODES[name] = FindingCode(name, severity, says, to_do)


_code(
    "twin_names",
    "error",
    "Several people with the app have names that differ only by case or Unicode form, or not at all. None of "
    "them is touched.",
    "Give each a name of their own in Okta.",
)
_code(
    "name_taken",
    "error",
    "The name still belongs to another account: two people swapped logins, its last owner is only now being "
    "removed, or a foreign user has it.",
    "Passed-on logins settle with the next plan; swapped ones need a third name in between.",
)
_code(
    "unreadable",
    "error",
    "A person, group or app cannot be read: no name, or one that shows nothing, NUL, half a surrogate pair, "
    "a number out of range, a field of another shape. What the directory has of it stays as it is, "
    "memberships and the roles that a group gives included.",
    "Correct what the message names in Okta. Where not even the id can be read, nobody who is absent from "
    "that listing is taken for gone.",
)
_code(
    "user_conflict",
    "error",
    "A user of that name exists that is not ours. It is not touched, and gets nothing through this person.",
    "Rename or remove it, or name it in `users.adopt`.",
)
_code(
    "wildcard_app_labels",
    "error",
    "A role asks for labels that every app, or every group, has: everybody who has it may use all there are. The "
    "message says who has it.",
    "Edit the role so that it names the labels of those that are meant, or take it away: `idsync edit role/NAME`.",
)
_code(
    "not_merged",
    "warning",
    "Memberships go both ways, and the plan was made from a file: what people edited in the directory shows as put "
    "back, and nothing of what goes to Okta is in it.",
    "Plan without --snapshot and --current; only such a plan is applied.",
)
_code(
    "goes_to_okta",
    "info",
    "People edited memberships of lists that go both ways: they go to Okta, and are not put back.",
    "Nothing; `idsync plan` shows which.",
)
_code(
    "upstream_read_only",
    "warning",
    "Somebody edited the members of a list whose group Okta fills by a rule or from an app. Such a group "
    "is never written: the edit is put back.",
    "Change the rule, or the source of the group, in Okta.",
)
_code(
    "upstream_privileged",
    "warning",
    "Somebody edited the members of a list whose group conveys an admin role in Okta, or Okta does not tell the "
    "credential whether it does. Such a group is not written: the edit is put back.",
    "Change the group in Okta. Where it conveys no role, grant `okta.roles.read`, or write `bidirectional: true` in "
    "the rule of the list.",
)
_code(
    "upstream_conveyed",
    "warning",
    "Somebody was removed from the list of an app that they also have through a group: they stay on both sides.",
    "Take them out of that group.",
)
_code(
    "upstream_unread_group",
    "warning",
    "Somebody was removed from the list of an app that groups have whose members the filters leave out. Where they are "
    "in one of these, Okta refuses to take the app away: the apply says so, and the next one puts them back here.",
    "Look in Okta whether they are in one of these groups, and take them out there.",
)
_code(
    "upstream_unknown_member",
    "warning",
    "A list that goes both ways has a member who is nobody in the pool: the entry stays here, and nothing "
    "goes to Okta.",
    "Assign the app to the person in Okta, or remove the entry.",
)
_code(
    "upstream_removal_won",
    "warning",
    "Somebody was removed in Okta whose membership a person edited in the directory: the removal wins.",
    "Add them again, on either side, if that is wanted.",
)
_code(
    "upstream_nested_member",
    "warning",
    "Somebody was removed in Okta who is in the list by a list that is nested in it: they stay here, and are not added "
    "in Okta again.",
    "Take them out of the nested list, or the nested list out of this one; or add them in Okta again.",
)
_code(
    "upstream_nesting",
    "error",
    "Lists that are nested in a list that goes both ways contain each other, or nest more than ten levels deep: the "
    "list is left as it is on both sides.",
    "Take one of the nested lists out of the other.",
)
_code(
    "access_list_conflict",
    "error",
    "A list exists under the id of a group or app and is not ours.",
    "Remove or rename it.",
)
_code(
    "lock_conflict",
    "error",
    "A lock exists under the name of the lock we need and is not ours; nothing is done about this person "
    "but, after a rename, a lock under the old name.",
    "Remove that lock.",
)
_code(
    "lock_lifted",
    "info",
    "Somebody lifted the lock of a person by hand, and it is not made again for the same departure or "
    "suspension; the next one locks again.",
    "Nothing; to lock all the same, `idsync lock USER --message TEXT`.",
)
_code(
    "conflict",
    "error",
    "An object that the plan wanted to make exists and is not ours.",
    "Remove or rename it.",
)
_code(
    "identity_replaced",
    "warning",
    "The directory has a user under the Okta id of somebody who has another name: a hand changed the label. "
    "The apply puts it right.",
    "Nothing, if the name is whose Okta says.",
)
_code(
    "foreign_entry_inherited",
    "warning",
    "Somebody gets a name under which a list that is not ours has a member or an owner: that was another "
    "person, and we change no such list.",
    "Remove the entry there, if it is not meant for the person who has the name now.",
)
_code(
    "login_reused",
    "warning",
    "A name belongs to another Okta user than the one for whom a lock is on it: the first one left, was "
    "renamed or was created again, and the name was given on. The newcomer has account and lists, and "
    "nothing of the first one; the lock stops both until it ends.",
    "Wait for the end, or lift the lock when no credentials of the first one can be alive: `idsync unlock "
    "NAME --reason TEXT`, or `idsync apply --allow login_reused=REASON`.",
)
_code(
    "owner_not_inherited",
    "warning",
    "An owner of a list of ours was somebody who had the name before; the entry goes, since nobody inherits it.",
    "Make the person who has the name now an owner by hand, if they are to be one.",
)
_code(
    "passed_over",
    "warning",
    "A group or app that had ten people or more was read empty, or not at all, and Okta itself says "
    "otherwise: its stamp of membership did not move, or it is there when asked once more. Its list, and the "
    "roles that the group gives, are left as they are.",
    "Nothing, when the next reading is well. If it stays, look at the admin role and resource set of the credential.",
)
_code(
    "clock_skew",
    "warning",
    "The clock here and Okta's are more than two minutes apart. What applies goes by the clock of the store: with "
    "PostgreSQL that of its server, else this machine's. Ends are written from the later one; a "
    "lock has ended only when it has by both, a membership when it has by one. With more than a day between "
    "them, no ended lock is cleared away.",
    "Set the clock of the server where the store is in PostgreSQL, else this machine's.",
)
_code(
    "unknown_status",
    "warning",
    "Okta reports a status that idsync does not know; the person is left as they are.",
    "Upgrade idsync, or change the status.",
)
_code(
    "suspension_ignored",
    "warning",
    "A suspended person keeps all access, because `users.suspended` is `ignore`.",
    "Set it to `lock`.",
)
_code(
    "source_older",
    "error",
    "The reading was taken before that of the last apply, so that the plan takes back what happened in "
    "between. `apply` exits 6.",
    "Read the source again. To go back on purpose, `apply --allow source_older=REASON`.",
)
_code(
    "config_waiting",
    "warning",
    "The files say something else than the configuration that was applied last. Passes that nobody "
    "attends go on with the one before.",
    "Review `idsync plan`, then `idsync apply`; or set `follow_config: true` in a Service document.",
)
_code(
    "guards_changed",
    "error",
    "The edit loosens a setting that keeps people safe: a limit, `protected_users`, how long locks last, what "
    "becomes of suspended people or empty lists, what may be taken over, where people are read and kept, who owns "
    "new lists, what goes to Okta, or whether people are looked after at all. "
    "What it tightens is told as information. An edit is judged by the stricter of the guards applied last and its "
    "own ones.",
    "See why the configuration loosens it. What needs the looser guard comes with a later change, or is released "
    "with `--allow GUARD=REASON`.",
)
_code(
    "config_changed",
    "info",
    "The configuration says something else than the one applied last, and changes nothing for anybody now.",
    "Apply it: until then, passes that nobody attends go on with the one before.",
)
_code(
    "kept_back",
    "warning",
    "A guard held changes back in passes that nobody attends, and a person has not released them yet.",
    "Review them; then `idsync apply --allow GUARD=REASON`, or release the guard on the status page, "
    "unless that is `protected_users`.",
)
_code(
    "no_last_reading",
    "warning",
    "A plan was made from a file of the directory that does not say which reading was applied last.",
    "Write it with `idsync get all --format json`, whose last element says it.",
)
_code(
    "orphaned",
    "error",
    "Objects carry our origin and the address of an organization that the configuration does not name. They "
    "are left as they are, so that nobody locks their leavers. `apply` exits 7.",
    "If the organization moved, name the old address in `former_org_urls`, which relabels everything. If "
    "they may stay, `--allow orphaned=REASON`.",
)
_code(
    "kept_as_read",
    "warning",
    "Pushes alone tell of people (`source: {scim: {}}`, or `sync.pull: false`), and people, groups or apps that were "
    "read from Okta before are not pushed. They stay as they were read last: nothing locks a leaver among them, and "
    "nothing takes memberships away.",
    "Push who is to stay: Provision User and Push Groups in Okta. For the others let idsync read Okta again, take them "
    "away there, and go over to pushes alone after that. Apps are never pushed.",
)
_code(
    "not_pushed",
    "warning",
    "Groups that were pushed, and stand for no group that is read, are not in Okta's own list of the groups that it "
    "pushes to the app: its DELETE of them never came, they were unlinked there and left here, or another client "
    "pushed them. Nothing takes their lists away. Full passes of `idsync serve` tell it, where Okta lets them read "
    "that list and it has another group that was pushed here.",
    "Look at **Push Groups** in Okta. What is gone there, delete with a SCIM token: "
    '`curl -X DELETE -H "Authorization: Bearer $TOKEN" BASE_URL/Groups/ID`. What is to stay, push once more.',
)
_code(
    "changed_by_hand",
    "info",
    "`drift` says who made an edit that the next apply puts back, and when, as the journal has it.",
    "Ask that person, if the edit was meant; then change Okta or the configuration, so that it stays.",
)
_code(
    "sanitized_rule",
    "warning",
    "A role rule looks at an attribute whose values a sanitized snapshot replaced, since they say who a "
    "person is, or since no rule looked at it when the snapshot was made.",
    "Take whom the rule gives its roles in this plan for nothing; plan with a snapshot that is not sanitized.",
)
_code(
    "matches_nothing",
    "warning",
    "A rule, filter or name of the configuration fits nobody and nothing in a whole reading: a trait that "
    "nobody has, a value that no trait has, a group or app that is not there, an adopted name that is "
    "nobody's. It is an *error* for a name in `protected_users`, whom nothing protects, and *info* for an "
    "owner, who may come later. `idsync validate --snapshot FILE` tells it too.",
    "Correct the name; the finding says what may be meant.",
)
_code(
    "unusable_expansion",
    "warning",
    "A role, title, owner or trait value that a capture or a profile comes to begins or ends with white "
    "space, or holds a control character. It is not given, as the configuration itself might not say it; a "
    "title stays Okta's own name.",
    "Rename the group, or correct the profile, in Okta.",
)
_code(
    "no_store",
    "warning",
    "The store does not exist yet, so that the plan is made against an empty directory.",
    "Nothing, before a first import. Else see that the store's file is where `store` says.",
)
_code(
    "case_mismatch",
    "warning",
    "Something would match a filter or rule if upper and lower case were the same, which they are not.",
    "Correct the pattern, or the name.",
)
_code(
    "protected_touched",
    "info",
    "The plan changes something for people named in `protected_users`; the guard of that name blocks only what locks, "
    "deletes or leaves them without a role.",
    "See that what they gain or lose is meant.",
)
_code(
    "owner_goes",
    "info",
    "People who own lists lose their account or are locked.",
    "Name another owner, if nobody else looks after the list.",
)
_code(
    "list_without_owner",
    "info",
    "A list has no owner left who exists, since the plan deletes the last one. Nobody reviews it.",
    "Name an owner: `idsync edit access_list/NAME`, or `owners` of the rule that makes the list.",
)
_code(
    "list_emptied",
    "info",
    "The plan takes the last members out of a list that stays.",
    "See that the group in Okta is meant to be empty.",
)
_code(
    "membership_ends",
    "info",
    "Memberships of people whom the plan touches end within fourteen days.",
    "Nothing, or give them a later end: `idsync edit access_list/NAME`.",
)
