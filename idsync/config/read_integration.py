"""Reads an Integration document into settings, and refuses what this version does not do."""

from __future__ import annotations

from idsync.config.codes import MISSING_AUTH, NO_WAY_IN, NO_WAY_OUT, NOT_IN_THIS_VERSION
from idsync.config.guards import NamedPerson
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, Scalar, find, is_true, items_of, key_position, text_of
from idsync.config.patterns import normalised
from idsync.config.placeholders import check_id, check_people
from idsync.config.secret_references import SecretReference, read_secret
from idsync.config.settings import (
    DEFAULT_STORE,
    PUSHED_APP,
    ApiToken,
    AppById,
    AppByLabel,
    AppReference,
    Authentication,
    DefaultRole,
    EmptyLists,
    Integration,
    LockSettings,
    OAuth,
    OktaSource,
    ScimSource,
    SnapshotSource,
    Source,
    SuspendedPeople,
    SyncSwitches,
    TraitSettings,
    UserSettings,
)
from idsync.config.store_address import read_store
from idsync.config.values import read_duration, read_name_filter, read_org_url, read_texts
from idsync.diagnostics import Position

DEFAULT_ROLE = "okta-requester"
_TTL_FIX = "Write it like 30h, 2d or 1h30m, or never for a lock without end."


def read_integration(document: Node, mistakes: Mistakes) -> Integration:
    """Read the document. What cannot be read is noted, and stands in the result as if it were absent."""
    spec = find(document, "spec")
    position = key_position(document, "kind") or document.position
    defaults = Integration("okta", "", AppById(""), UserSettings(()), position)
    _refuse_what_comes_later(spec, mistakes)
    source = _source(find(spec, "source"), defaults.source)
    authentication = _authentication(find(spec, "auth"), mistakes)
    if isinstance(source, OktaSource) and find(spec, "auth") is None:
        place = spec.position if spec else document.position
        mistakes.add(MISSING_AUTH, place, "Okta is the source, and there is no auth")
    return Integration(
        name=text_of(find(document, "metadata", "name")) or defaults.name,
        org_url=read_org_url(find(spec, "org_url"), mistakes),
        app=AppById(PUSHED_APP) if isinstance(source, ScimSource) else _app(find(spec, "app"), mistakes),
        users=_users(find(spec, "users"), position, mistakes),
        position=position,
        authentication=authentication,
        source=source,
        store=_store(find(spec, "store"), mistakes),
        store_position=(find(spec, "store") or spec or document).position,
        sync=_sync(find(spec, "sync"), source, mistakes),
        locks=_locks(find(spec, "locks"), defaults.locks, mistakes),
        empty_lists=_when_empty(find(spec, "access_lists", "when_empty"), defaults.empty_lists),
        interval=read_duration(find(spec, "interval"), mistakes) or defaults.interval,
        former_org_urls=_former(find(spec, "former_org_urls"), mistakes),
        rate_limit_share=_number(find(spec, "rate_limit_share"), defaults.rate_limit_share),
    )


def _refuse_what_comes_later(spec: Node | None, mistakes: Mistakes) -> None:
    later = [("target", "teleport", "local"), ("target", "scim", "local")]
    for section, key, instead in later:
        if (place := key_position(find(spec, section), key)) is not None:
            mistakes.add(
                NOT_IN_THIS_VERSION, place, f"the {section} {key} is not in this version", fix=f"Use {instead}."
            )


def _former(node: Node | None, mistakes: Mistakes) -> tuple[str, ...]:
    addresses = (read_org_url(item, mistakes, "a former address") for item in items_of(node))
    return tuple(sorted({address for address in addresses if address}))


def _app(node: Node | None, mistakes: Mistakes) -> AppReference:
    label = text_of(find(node, "label"))
    if (place := key_position(node, "id")) is not None:
        check_id(text_of(find(node, "id")), place, mistakes)
    return AppById(text_of(find(node, "id")) or "") if label is None else AppByLabel(label)


def _authentication(node: Node | None, mistakes: Mistakes) -> Authentication | None:
    token = read_secret(find(node, "api_token"), mistakes)
    if token is not None:
        return ApiToken(token)
    client_id = text_of(find(node, "oauth", "client_id"))
    if (place := key_position(find(node, "oauth"), "client_id")) is not None:
        check_id(client_id, place, mistakes)
    private_key = read_secret(find(node, "oauth", "private_key"), mistakes)
    if client_id is None or private_key is None:
        return None
    return OAuth(client_id, private_key, text_of(find(node, "oauth", "key_id")))


def _store(node: Node | None, mistakes: Mistakes) -> str | SecretReference:
    return read_secret(node, mistakes) or read_store(node, DEFAULT_STORE, mistakes)


def _source(node: Node | None, default: Source) -> Source:
    if key_position(node, "scim") is not None:
        return ScimSource()
    path = text_of(find(node, "snapshot", "path"))
    return default if path is None else SnapshotSource(path)


def _sync(node: Node | None, source: Source, mistakes: Mistakes) -> SyncSwitches:
    default = SyncSwitches(scim=isinstance(source, ScimSource))

    def switch(name: str) -> bool:
        found = find(node, name)
        return bool(getattr(default, name)) if found is None else is_true(found)

    switches = SyncSwitches(**{name: switch(name) for name in default.__struct_fields__})
    place = find(node, "scim")
    if place is not None and switches.scim and isinstance(source, SnapshotSource):
        fix = "Leave it out, or let the source be okta or scim."
        mistakes.add(NOT_IN_THIS_VERSION, place.position, "pushes beside a file are not in this version", fix=fix)
    if place is not None and default.scim and not switches.scim:
        mistakes.add(NO_WAY_IN, place.position, "the source is what is pushed, and sync.scim is false")
    pull = find(node, "pull")
    if pull is not None and not switches.pull and not switches.scim:
        mistakes.add(NO_WAY_IN, pull.position, "sync.pull is false, and sync.scim is not true")
    both = find(node, "bidirectional")
    if both is not None and switches.bidirectional and not (isinstance(source, OktaSource) and switches.pull):
        mistakes.add(NO_WAY_OUT, both.position, "both directions need a source that is Okta's API, and sync.pull")
    if both is not None and switches.bidirectional and not switches.access_lists:
        mistakes.add(NO_WAY_OUT, both.position, "both directions need sync.access_lists")
    return switches


def _users(node: Node | None, position: Position, mistakes: Mistakes) -> UserSettings:
    adopted = read_texts(find(node, "adopt"))
    check_people(adopted, mistakes)
    defaults = UserSettings((DefaultRole(DEFAULT_ROLE, position),))
    roles = find(node, "default_roles")
    prefix = text_of(find(node, "traits", "prefix"))
    return UserSettings(
        default_roles=defaults.default_roles
        if roles is None
        else tuple(DefaultRole(name, place) for name, place in read_texts(roles)),
        suspended=_suspended(find(node, "suspended"), defaults.suspended),
        traits=TraitSettings(
            prefix=defaults.traits.prefix if prefix is None else prefix,
            attributes=read_name_filter(find(node, "traits"), defaults.traits.attributes, mistakes),
        ),
        adopt=frozenset(normalised(name) for name, _ in adopted),
        adopt_written=tuple(NamedPerson(name, place) for name, place in adopted),
    )


def _suspended(node: Node | None, default: SuspendedPeople) -> SuspendedPeople:
    return next((choice for choice in SuspendedPeople if choice == text_of(node)), default)


def _when_empty(node: Node | None, default: EmptyLists) -> EmptyLists:
    return next((choice for choice in EmptyLists if choice == text_of(node)), default)


def _locks(node: Node | None, default: LockSettings, mistakes: Mistakes) -> LockSettings:
    ttl = find(node, "ttl")
    return LockSettings(
        ttl=None if text_of(ttl) == "never" else read_duration(ttl, mistakes, fix=_TTL_FIX) or default.ttl,
        margin=read_duration(find(node, "margin"), mistakes) or default.margin,
    )


def _number(node: Node | None, default: int) -> int:
    match node:
        case Scalar(value=int() | float() as number) if not isinstance(number, bool):
            return int(number)
        case _:
            return default
