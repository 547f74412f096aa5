"""Asks a service for its SCIM door at the address that clients are told, as a client would."""

import httpx

from idsync.errors import SourceUnreachable

_SECONDS = 10.0
_SCIM = "application/scim+json"
_MOST = 1 << 16


def reach_scim(public_url: str, integration: str) -> None:
    """See that a service answers there in SCIM's words, a refusal for want of a token too. Raises SourceUnreachable."""
    address = f"{public_url.rstrip('/')}/scim/v2/{integration}/ServiceProviderConfig"
    try:
        with httpx.Client(timeout=_SECONDS, follow_redirects=False) as client, client.stream("GET", address) as answer:
            kind = answer.headers.get("content-type", "")
            next(answer.iter_raw(_MOST), b"")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise SourceUnreachable(
            f"Nothing answers at {address}.",
            why=f"{type(error).__name__}: {error}."[:300],
            fix="See that `idsync serve` runs, that public_url in the Service document is its address from outside, "
            "and that name service, proxy and firewall lead there. Where only Okta can reach it, try from outside.",
        ) from None
    if answer.status_code not in (httpx.codes.OK, httpx.codes.UNAUTHORIZED) or not kind.startswith(_SCIM):
        raise SourceUnreachable(
            f"What answers at {address} is not idsync's SCIM ({answer.status_code}, {kind[:60] or 'no content type'}).",
            why="Another service, a proxy's own page, or a path that is not passed on.",
            fix="Have the proxy pass /scim/ on to `idsync serve` as it is.",
        )
