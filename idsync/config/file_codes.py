"""The codes of what cannot be read as YAML documents: what is wrong, why it matters, how to fix it."""

from __future__ import annotations

from functools import partial

from idsync.config.mistakes import Code, new_code

FILE_CODES: dict[str, Code] = {}
_code = partial(new_code, FILE_CODES)

# Files.
CONFIG_NOT_FOUND = _code(
    "config_not_found",
    "The configuration's path does not exist, or cannot be opened.",
    "Without a configuration there is nothing to ask for.",
    "Check the path given with --config or IDSYNC_CONFIG, or write a first configuration with `idsync init`.",
)
NO_DOCUMENTS = _code(
    "no_documents",
    "The directory holds no configuration document.",
    "Only *.yaml and *.yml files are read, at any depth; hidden files and folders are not.",
    "Check the path, or write a first configuration with `idsync init`.",
)
UNREADABLE_FILE = _code(
    "unreadable_file",
    "A file or folder of the configuration cannot be read.",
    "A configuration that is read in part would ask for something else.",
    "Make it readable, or move it out of the configuration's directory.",
)
TOO_LARGE = _code(
    "too_large",
    "A file, or the whole tree, is larger than a configuration can sensibly be.",
    "Sizes are limited so that a file that is not a configuration is refused at once.",
    "Move files that are not configuration elsewhere; fold repeated rules into patterns.",
)
NOT_UTF8 = _code(
    "not_utf8",
    "A file is not UTF-8 text.",
    "Names are compared letter by letter, so the encoding must be certain.",
    "Save the file as UTF-8.",
)

# YAML.
YAML_SYNTAX = _code(
    "yaml_syntax",
    "The text is not YAML.",
    "What follows the mistake cannot be understood.",
    "Look at the line, and at the line before it: indentation, quotes, brackets, tabs.",
)
YAML_TOO_DEEP = _code(
    "yaml_too_deep",
    "Values are nested deeper than any configuration needs.",
    "Depth is limited so that hostile files cannot exhaust the program.",
    "Remove the nesting; no kind goes deeper than ten levels.",
)
YAML_TOO_MANY_VALUES = _code(
    "yaml_too_many_values",
    "The documents hold too many values, counting each use of an alias in full.",
    "The count is limited so that a few lines of aliases cannot grow without bounds.",
    "Use fewer aliases; fold repeated rules into patterns.",
)
YAML_TAG = _code(
    "yaml_tag",
    "A value has an explicit tag.",
    "Types follow from how a value is written and where it stands; tags could say otherwise.",
    "Remove the tag; put text that looks like a number or a boolean into quotes.",
)
YAML_ALIAS = _code(
    "yaml_alias",
    "An alias names an anchor that is not there, or that it stands in itself.",
    "An alias repeats a value that was completed before it, in the same document.",
    "Put a filter that begins with * into quotes; for an alias, define the anchor (&name) earlier in the document.",
)
YAML_MERGE_KEY = _code(
    "yaml_merge_key",
    "A merge key (<<) is used.",
    "Merge keys are not part of YAML 1.2, and what they overwrite is easily misread in a review.",
    "Write the keys out, or use an alias for the whole value.",
)
DUPLICATE_KEY = _code(
    "duplicate_key",
    "A key stands twice in one mapping.",
    "Only one of the two could count, and a reader cannot tell which.",
    "Remove one of them, or put both values under one key.",
)
KEY_NOT_TEXT = _code(
    "key_not_text",
    "A key is a list, a mapping or an alias.",
    "Keys are plain names.",
    "Write the key as text.",
)
