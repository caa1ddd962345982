"""Reddit's access tokens. They carry their own proof, so no process needs to remember them."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from sentiment_site.simulator.wire import Answer, Request, answer

LIFETIME_S = 86_400
INSTALLED = "https://oauth.reddit.com/grants/installed_client"
_SECRET = b"simulated reddit"
_BAD = "bad"


def issue(client: str, now: dt.datetime) -> str:
    """A token for a client, good for a day of market time."""
    head = f"{int(now.timestamp())}.{client}"
    return base64.urlsafe_b64encode(head.encode()).decode().rstrip("=") + "." + _mark(head)


def is_good(token: str, now: dt.datetime) -> bool:
    """Whether the token is one of ours and not too old. One from the future is good: market time may be set back."""
    text, _, mark = token.partition(".")
    try:
        head = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    if not hmac.compare_digest(mark.encode("utf-8", "replace"), _mark(head).encode()):
        return False
    issued = int(head.partition(".")[0])
    return now.timestamp() < issued + LIFETIME_S


def access_token(request: Request) -> Answer:
    """POST /api/v1/access_token: HTTP Basic, a form with grant_type.

    Any client with a secret gets a token; without one only for an installed client. A client id that begins with
    `bad` gets 401, as do missing credentials. Wrong grants are an `error` with status 200, as Reddit does it.
    """
    client, secret = _credentials(request.headers)
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    grant = form.get("grant_type", "")
    if not client or client.startswith(_BAD) or (not secret and grant != INSTALLED):
        return unauthorized('Basic realm="reddit"')
    if grant not in ("client_credentials", "password", INSTALLED):
        return answer({"error": "unsupported_grant_type"})
    if grant == "password" and not (form.get("username") and form.get("password")):
        return answer({"error": "invalid_grant"})
    if grant == INSTALLED and not 20 <= len(form.get("device_id", "")) <= 30:
        return answer({"error": "invalid_request", "error_description": "bad device_id"}, 400)
    body = {"access_token": issue(client, request.now), "token_type": "bearer", "expires_in": LIFETIME_S}
    if grant == INSTALLED:
        body["device_id"] = form["device_id"]
    return answer(body | {"scope": form.get("scope") or "*"})


def unauthorized(challenge: str) -> Answer:
    """401 as Reddit says it, for a client (Basic) or a token (Bearer)."""
    body = answer({"message": "Unauthorized", "error": 401}, 401)
    return Answer(body.status, body.body, headers=(("www-authenticate", challenge),))


def _credentials(headers: Mapping[str, str]) -> tuple[str, str]:
    """Client id and secret of HTTP Basic, empty where there are none."""
    scheme, _, packed = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        client, _, secret = base64.b64decode(packed.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return client, secret


def _mark(head: str) -> str:
    return hashlib.blake2b(head.encode(), key=_SECRET, digest_size=24).hexdigest()
