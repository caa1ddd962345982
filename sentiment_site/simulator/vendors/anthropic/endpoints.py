"""Anthropic's Messages endpoint (upstreams.md 8.1): requests are checked as the vendor checks them, answers satisfy
the schema they were asked for, and some are bad in ways a client must survive.

An answer is a function of the request's body: asked the same again, the model says the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, MutableMapping, Sequence
from enum import StrEnum
from typing import Any

from sentiment_site.simulator.vendors.anthropic.checks import Asked, RefusedError, check_request
from sentiment_site.simulator.vendors.anthropic.compose import Composer
from sentiment_site.simulator.vendors.anthropic.facts import read_facts
from sentiment_site.simulator.vendors.anthropic.schema import BadSchemaError
from sentiment_site.simulator.vendors.vendor import Reason, Route, Vendor, bearer, route
from sentiment_site.simulator.wire import Answer, Request, answer
from sentiment_site.simulator.world import World


class Mood(StrEnum):
    """How an answer turns out."""

    REFUSES = "refuses"  # stop_reason refusal, no content
    CUT = "cut"  # stop_reason max_tokens in the middle of the JSON
    MISQUOTES = "misquotes"  # one number is not what the prompt stated
    DISAGREES = "disagrees"  # another regime than the one stated
    SOUND = "sound"


# shares of all answers; what is left is sound
SHARES = ((Mood.REFUSES, 0.02), (Mood.CUT, 0.02), (Mood.MISQUOTES, 0.12), (Mood.DISAGREES, 0.12))
THINKS_SHARE = 0.7  # answers with a thinking block before the text
_CHARACTERS_PER_TOKEN = 4
_THOUGHT = "The figures and the charts have to be read together. I will quote only what was given."
_REFUSALS: dict[Reason, tuple[int, str, str]] = {
    Reason.MISSING_KEY: (401, "authentication_error", "x-api-key header is required"),
    Reason.UNKNOWN_KEY: (401, "authentication_error", "invalid x-api-key"),
    Reason.NOT_ENTITLED: (403, "permission_error", "Your API key does not have permission to use the specified "
                          "resource."),
    Reason.RATE_LIMITED: (429, "rate_limit_error", "This request would exceed your organization's rate limit. Please "
                          "try again later."),
    Reason.BROKEN: (500, "api_error", "Internal server error"),
}  # fmt: skip


def messages(request: Request) -> Answer:
    """POST /v1/messages."""
    identity = _identity(request)
    try:
        written = _write(check_request(request), hashlib.blake2b(request.body, digest_size=16).hexdigest())
    except RefusedError as refused:
        return _error(refused.status, refused.kind, refused.message, request)
    except (BadSchemaError, RecursionError):
        # only a tool's schema gets here: it is not held to the rules of structured outputs
        return _error(400, "invalid_request_error", "tools: input_schema: JSON schema is invalid", request)
    head = {"id": f"msg_01{identity[:22]}", "type": "message", "role": "assistant"}
    whole = answer({**head, **written})
    return Answer(200, whole.body, headers=(("request-id", f"req_01{identity[:22]}"),))


def mood_of(digest: str) -> Mood:
    """How the answer to the request with this digest turns out."""
    die = int(digest[:8], 16) / 16**8
    for mood, share in SHARES:
        if die < share:
            return mood
        die -= share
    return Mood.SOUND


def _write(asked: Asked, digest: str) -> dict[str, Any]:
    """Model, content, stop reason and usage of the answer."""
    return {"model": asked.model.answers, **_content(asked, digest)}


def _content(asked: Asked, digest: str) -> dict[str, Any]:
    mood = mood_of(digest)
    read = len(asked.text) // _CHARACTERS_PER_TOKEN + asked.image_tokens + 12
    if mood is Mood.REFUSES:
        return _ending([], "refusal", read, 3)
    composer = Composer(digest, read_facts(asked.text), wrong=mood is Mood.MISQUOTES, disagrees=mood is Mood.DISAGREES)
    content: list[dict[str, Any]] = []
    spent = 0
    if asked.model.strict and int(digest[8:16], 16) / 16**8 < THINKS_SHARE:
        signature = base64.b64encode(hashlib.blake2b(digest.encode()).digest()).decode()
        content.append({"type": "thinking", "thinking": _THOUGHT, "signature": signature})
        spent = len(_THOUGHT) // _CHARACTERS_PER_TOKEN
    if asked.tool is not None and mood is not Mood.CUT:
        called = composer.value(dict(asked.tool["input_schema"]))
        content.append(
            {"type": "tool_use", "id": f"toolu_01{digest[:22]}", "name": asked.tool["name"], "input": called}
        )
        return _ending(content, "tool_use", read, spent + len(json.dumps(called)) // _CHARACTERS_PER_TOKEN)
    text = json.dumps(composer.value(asked.schema)) if asked.schema is not None else composer.prose()
    room = max(asked.max_tokens - spent, 0) * _CHARACTERS_PER_TOKEN
    if mood is Mood.CUT:
        room = min(room, len(text) * (40 + int(digest[16:18], 16) % 40) // 100)
    if len(text) > room:
        return _ending([*content, {"type": "text", "text": text[:room]}], "max_tokens", read, asked.max_tokens)
    content.append({"type": "text", "text": text})
    return _ending(content, "end_turn", read, spent + len(text) // _CHARACTERS_PER_TOKEN + 1)


def _ending(content: list[dict[str, Any]], reason: str, read: int, written: int) -> dict[str, Any]:
    return {
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": read,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": written,
            "service_tier": "standard",
        },
    }


def _identity(request: Request) -> str:
    """Digits of the ids of this request at this moment."""
    return hashlib.blake2b(request.body + request.now.isoformat().encode(), digest_size=16).hexdigest()


def _error(status: int, kind: str, message: str, request: Request) -> Answer:
    name = f"req_01{_identity(request)[:22]}"
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": name}
    return Answer(status, answer(body).body, headers=(("request-id", name),))


def _refuse(reason: Reason, text: str, request: Request) -> Answer:
    status, kind, says = _REFUSALS.get(reason, (400, "invalid_request_error", text))
    return _error(status, kind, says, request)


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return headers.get("x-api-key", "") or bearer(headers)


def _routes(world: World) -> Sequence[Route]:
    return (route("/v1/messages", messages, "POST"),)


ANTHROPIC = Vendor("anthropic", _routes, _take_key, _refuse)
