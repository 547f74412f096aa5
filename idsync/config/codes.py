"""Every code that a configuration can be answered with: what is wrong, why it matters, how to fix it.

Those of files and of YAML are in `file_codes.py`.
"""

from __future__ import annotations

from functools import partial

from idsync.config.file_codes import FILE_CODES
from idsync.config.mistakes import Code, new_code
from idsync.diagnostics import Severity

CODES: dict[str, Code] = dict(FILE_CODES)
_code = partial(new_code, CODES)
_WARNING = Severity.WARNING

# The schema.
NOT_A_DOCUMENT = _code(
    "not_a_document",
    "A document is not a mapping.",
    "Every document has apiVersion, kind and spec.",
    "Begin the document with `apiVersion: idsync/v1` and a `kind`, or move the file elsewhere.",
)
WRONG_API_VERSION = _code(
    "wrong_api_version",
    "A document has another apiVersion.",
    "The version says how the document is to be understood.",
    "Write `apiVersion: idsync/v1`.",
)
UNKNOWN_KIND = _code(
    "unknown_kind",
    "A document is of a kind that this version does not know.",
    "What it asks for would be left out silently.",
    "Correct the kind, or move the file elsewhere.",
)
RESOURCE_HERE = _code(
    "resource_here",
    "A document is an object of the directory, as `get` prints it, and not configuration.",
    "Every *.yaml and *.yml file of the folder is read as configuration.",
    "Keep it outside the folder, or under a name such as NAME.yaml.txt; `create -f` takes any name.",
)
UNKNOWN_KEY = _code(
    "unknown_key",
    "A key has no meaning where it stands.",
    "What it asks for would be left out silently.",
    "Correct or remove the key.",
)
MISSING_KEY = _code(
    "missing_key",
    "A key that is needed is absent.",
    "Nothing could safely be assumed in its place.",
    "Add the key.",
)
WRONG_TYPE = _code(
    "wrong_type",
    "A value has another type than its key accepts.",
    "Values are never converted silently.",
    "Write the value as the key takes it; put text that looks like a number or a boolean into quotes.",
)
UNKNOWN_VALUE = _code(
    "unknown_value",
    "A value is not one of those that its key accepts.",
    "What it asks for is not known.",
    "Use one of the values named.",
)
BAD_VALUE = _code(
    "bad_value",
    "A value is outside the range or form that its key accepts.",
    "The value cannot be used as it is.",
    "Correct the value.",
)
CHOOSE_ONE = _code(
    "choose_one",
    "Of several keys exactly one is asked for, and none or more than one is there.",
    "The keys exclude one another.",
    "Keep exactly one of them.",
)
SECRET_WRITTEN_OUT = _code(
    "secret_written_out",
    "A secret stands in the configuration itself.",
    "Configurations are committed and reviewed by many; a secret in one is public to all of them.",
    "Write {env: NAME} or {file: PATH} instead, and replace the secret in Okta: it must be taken as known.",
)
TOO_MANY_MISTAKES = _code(
    "too_many_mistakes",
    "There are more mistakes than are shown.",
    "A list that long is seldom read, and often has one cause.",
    "Fix these first, then validate again.",
)

# Meaning.
NO_INTEGRATION = _code(
    "no_integration",
    "The configuration has no Integration document.",
    "It names the organization; without it nothing can be read.",
    "Add a document of kind Integration.",
)
REPEATED_KIND = _code(
    "repeated_kind",
    "A kind that may stand once stands again.",
    "Two of them could contradict each other.",
    "Put everything into one document of that kind.",
)
BAD_ORG_URL = _code(
    "bad_org_url",
    "The organization's address cannot be used.",
    "Tokens are sent there, and every object that we own is labelled with it.",
    "Write the address alone, as https://NAME.okta.com.",
)
PLACEHOLDER_LEFT = _code(
    "placeholder_left",
    "A value is still the one that `idsync init` writes in place of yours.",
    "It stands where a value of yours belongs: it is nobody's organization, app or person.",
    "Write your own.",
)
MISSING_AUTH = _code(
    "missing_auth",
    "Okta is the source, and there is no way to sign in.",
    "Okta's API answers nobody who has not signed in.",
    "Add `auth: {api_token: {env: OKTA_API_TOKEN}}` or `auth: {oauth: …}`, or read a snapshot instead.",
)
MISSING_OWNERS = _code(
    "missing_owners",
    "Access lists are managed, and there is no default owner.",
    "A list that nobody owns is reviewed by nobody.",
    "Add a DefaultOwners document with at least one owner, or set `sync.access_lists: false`.",
)
BAD_DURATION = _code(
    "bad_duration",
    "A duration is not one, or is out of range.",
    "Durations are whole days, hours and minutes, from 1m to 3650d.",
    "Write it like 90m, 30h, 2d or 1h30m.",
)
BAD_STORE = _code(
    "bad_store",
    "The store's address cannot be used.",
    "The store keeps the directory and the journal; it must be found again at the next run.",
    "Write sqlite:///FILE for a file relative to the configuration, sqlite:////FILE for an absolute path, or "
    "postgresql://HOST/DATABASE.",
)
STORE_FOLDER_MISSING = _code(
    "store_folder_missing",
    "The folder in which the store is to lie does not exist.",
    "A store that is not there looks like an empty directory, from which everybody would be created again.",
    "Correct the address, or make the folder.",
)
BAD_FILTER = _code(
    "bad_filter",
    "A filter is not a valid pattern.",
    "A filter that starts with ^ and ends with $ is an RE2 expression; RE2 has no look-around and no back-references.",
    "Correct the expression, or write a glob in which only * is special.",
)
LOOKS_LIKE_EXPRESSION = _code(
    "looks_like_expression",
    "A filter looks like an expression that was half written; as it stands it is a glob.",
    "Only a filter that begins with ^ and ends with $ is an expression; in a glob only * is special.",
    "Write the whole expression, from ^ to $, or a glob in which * stands for anything. Where a name really holds such"
    r" characters, write an expression in which a backslash stands before each: ^cash\$$.",
    _WARNING,
)
BAD_CAPTURE = _code(
    "bad_capture",
    "A text asks for a capture that is not there.",
    "The result would not be what the author meant.",
    "Use the captures of the rule's own filter: $1 is its first * or (group), and $$ is a dollar sign.",
)
RESERVED_LABEL = _code(
    "reserved_label",
    "A rule sets a label that Teleport and idsync keep for themselves.",
    "It says whose an object is or what it stands for: a rule could make a foreign object ours, or ours foreign.",
    "Choose another name; teleport.dev/, teleport.internal/, teleport.hidden/ and okta/ are kept.",
)
NOT_IN_THIS_VERSION = _code(
    "not_in_this_version",
    "The configuration asks for something that this version does not do.",
    "Leaving it out silently would be a promise not kept.",
    "Remove it, or use a version that does it.",
)
NO_WAY_IN = _code(
    "no_way_in",
    "The configuration leaves no way for people to come in.",
    "Without pull and without push nobody would ever join or leave.",
    "Write sync: {scim: true, pull: false} for pushes alone, or leave both out to read Okta's API.",
)
NO_WAY_OUT = _code(
    "no_way_out",
    "Memberships cannot go to Okta with the rest of the configuration.",
    "Both directions need lists, and readings of Okta's API that show what it holds.",
    "Write sync: {access_lists: true, bidirectional: true} with source: {okta: {}}, or bidirectional: false.",
)
TRAIT_WITHOUT_PREFIX = _code(
    "trait_without_prefix",
    "A rule looks at a trait whose name lacks the prefix that all traits have.",
    "No person has such a trait, so the rule never applies.",
    "Write the trait's name with its prefix.",
    _WARNING,
)
UNREACHABLE_RULE = _code(
    "unreachable_rule",
    "An access list rule stands after one that matches everything that it matches.",
    "The first rule that matches wins, so this one never applies.",
    "Move it up, or remove it.",
    _WARNING,
)
EMPTY_INCLUDE = _code(
    "empty_include",
    "An `include` without filters: nothing passes.",
    "Without the key everything passes; with an empty list nothing does, and the lists that exist are deleted.",
    'Remove the key to take everything, or write `exclude: ["*"]` to take nothing.',
    _WARNING,
)

# What a configuration fits of a reading. A plan says the same as findings of these codes.
AGAINST_SNAPSHOT = {
    "matches_nothing": Code(
        "matches_nothing",
        _WARNING,
        "A rule, filter or name fits nobody and nothing in a reading.",
        "What it asks for does not happen, and nothing else shows that.",
        "Correct it, or remove it; where what it names comes later, leave it as it is.",
    ),
    "unusable_expansion": Code(
        "unusable_expansion",
        _WARNING,
        "A capture or a profile value would give a text that no configuration may say.",
        "People who may name a group or fill in a profile choose what a capture holds.",
        "Rename the group, or correct the profile, in Okta.",
    ),
    "case_mismatch": Code(
        "case_mismatch",
        _WARNING,
        "Something would match if upper and lower case were the same, which they are not.",
        "It is left out, although it looks as if it were meant.",
        "Write it in the same case.",
    ),
}

# Secrets, when they are used.
MISSING_SECRET = _code(
    "missing_secret",
    "A secret is not where the configuration says.",
    "What the secret is needed for cannot be done without it.",
    "Set the environment variable, or put the file in place.",
)
UNUSABLE_SECRET = _code(
    "unusable_secret",
    "A secret cannot be used as it is.",
    "It could not be sent as it stands.",
    "Store the secret alone, as one line of printable ASCII, or a private key as it was issued.",
)
SECRET_READABLE_BY_OTHERS = _code(
    "secret_readable_by_others",
    "Every user of this machine can read the file of a secret.",
    "Anyone who has the secret can act as idsync.",
    "Take the permission away: chmod o-r FILE.",
    _WARNING,
)
