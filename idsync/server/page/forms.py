"""What browsers send: forms, and where they come from."""

import hmac
import ipaddress
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from idsync.server.page.sessions import Session

_LIMIT = 64 * 1024
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""What proxies add to a request of somebody else, which comes from this machine then."""


class Refused(Exception):
    """Somebody asked for what only a signed-in person may do, on this page."""


async def form_of(request: Request, session: Session | None) -> dict[str, str]:
    """What a signed-in person sent from a page of ours. Raises Refused."""
    if session is None or not is_same_site(request):
        raise Refused
    form = await fields_of(request)
    if not hmac.compare_digest(form.get("form", "").encode(), session.form.encode()):
        raise Refused
    return form


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form; none of a body that is longer than any of our forms."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LIMIT:
            return {}
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


def is_same_site(request: Request) -> bool:
    """Whether a browser sends this from a page of ours: it says so itself, and no script can make it lie."""
    told = request.headers.get("sec-fetch-site")
    if told is not None:
        return told == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


def is_from_this_machine(request: Request) -> bool:
    """Whether a request comes from this machine, was meant for it by its Host, and was not forwarded by a proxy."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    return _is_loopback(request.client.host) and _is_loopback(host)


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
