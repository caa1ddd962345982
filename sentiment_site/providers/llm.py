"""A language model behind Anthropic's Messages API: pictures and text in, one JSON object of a known schema out.

Structured outputs, no tools, no sampling parameters, no prefill: what every current model takes (upstreams.md 8.1).
An answer of an older model that came by a forced tool is read too. The API writes whole messages here, never streams.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import redis

from . import payload as read
from .config import VendorConfig
from .errors import BadPayload
from .gates import BreakerRule
from .http import Http
from .records import Fetched

__all__ = ["Llm", "LlmAnswer", "LlmRequest", "LlmSettings", "llm_config", "open_llm", "parse_answer"]

VENDOR: Final = "anthropic"
API_VERSION: Final = "2023-06-01"
LEAST_READ_TIMEOUT_S: Final = 120.0
DEADLINE_S: Final = 240.0
USABLE: Final = frozenset({"end_turn", "tool_use"})


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """What is asked. images: PNG files; schema: JSON schema of the answer, without bounds of numbers or lengths, which
    the API does not take; effort: how hard the model thinks."""

    model: str
    system: str
    text: str
    schema: Mapping[str, Any] = field(repr=False)
    images: tuple[bytes, ...] = field(default=(), repr=False)
    max_tokens: int = 4000
    effort: str = "medium"

    def body(self) -> bytes:
        """The request as it goes over the wire; the same request has the same bytes."""
        pictures = [
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(image).decode()},
            }
            for image in self.images
        ]
        content = {
            "model": self.model,
            "max_tokens": self.max_tokens,
            "system": self.system,
            "output_config": {
                "effort": self.effort,
                "format": {"type": "json_schema", "schema": dict(self.schema)},
            },
            "messages": [{"role": "user", "content": [*pictures, {"type": "text", "text": self.text}]}],
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class LlmAnswer:
    """What came back. answer: the JSON object, None when there is none to use; stop_reason: the vendor's word why it
    ended; model: the one that answered. Tokens are paid for either way."""

    id: str
    model: str
    answer: Mapping[str, Any] | None
    stop_reason: str
    input_tokens: int
    output_tokens: int

    @property
    def is_cut(self) -> bool:
        """Whether the answer ended in the middle for want of tokens."""
        return self.stop_reason in ("max_tokens", "model_context_window_exceeded")


class Llm:
    """The model's API."""

    def __init__(self, http: Http) -> None:
        self.http = http

    @property
    def has_key(self) -> bool:
        """Whether there is a key to ask with."""
        return bool(self.http.config.api_key)

    def fetch_answer(self, request: LlmRequest) -> Fetched[LlmAnswer]:
        """Ask, and wait for the whole answer. Overload (529), limits and lost connections are tried again.

        NotFound: the model is unknown or retired. QuotaExhausted: no credit left. Other ProviderErrors as everywhere.
        """
        reply = self.http.post("/v1/messages", request.body(), _HEADERS)
        answer = self.http.parse(reply, parse_answer)
        return Fetched(answer, VENDOR, reply.simulated, reply.received_at)


class LlmSettings(Protocol):
    """The settings that `open_llm` reads; Django's settings object has them."""

    ANTHROPIC_BASE_URL: str
    ANTHROPIC_API_KEY: str
    PROVIDER_READ_TIMEOUT_S: float


def llm_config(settings: LlmSettings) -> VendorConfig:
    """A model thinks for a minute or two, so it is waited for; one that is overloaded is asked three times in all."""
    return VendorConfig(
        VENDOR,
        settings.ANTHROPIC_BASE_URL,
        settings.ANTHROPIC_API_KEY,
        "header:x-api-key",
        rate_per_s=1.0,
        burst=2,
        read_timeout=max(settings.PROVIDER_READ_TIMEOUT_S, LEAST_READ_TIMEOUT_S),
        attempts=3,
        max_bytes=4 << 20,
        deadline_s=DEADLINE_S,
        wait_initial_s=1.0,
        wait_max_s=8.0,
        breaker=BreakerRule(lease_s=DEADLINE_S + 30.0),
    )


def open_llm(settings: LlmSettings, client: redis.Redis | None) -> Llm:
    """The model for these settings. ValueError for a value that cannot work."""
    return Llm(Http(llm_config(settings), client))


_HEADERS: Final = {"anthropic-version": API_VERSION, "content-type": "application/json"}


def parse_answer(body: bytes) -> LlmAnswer:
    """A message: the first text block's JSON, or the first tool call's input. BadPayload for what is no message."""
    message = read.decode(VENDOR, body)
    if not isinstance(message, dict) or message.get("type") != "message":
        raise BadPayload(VENDOR, f"{type(message).__name__} instead of a message")
    blocks = [block for block in read.rows_of(VENDOR, message.get("content"), "content") if isinstance(block, dict)]
    usage = message.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    reason = str(message.get("stop_reason") or "none")
    return LlmAnswer(
        id=str(message.get("id") or ""),
        model=str(message.get("model") or ""),
        answer=_content(blocks) if reason in USABLE else None,
        stop_reason=reason,
        input_tokens=sum(
            read.count(counts.get(name)) or 0
            for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        ),
        output_tokens=read.count(counts.get("output_tokens")) or 0,
    )


def _content(blocks: list[dict[str, Any]]) -> Mapping[str, Any] | None:
    """The object in the blocks; thinking comes before it, so it is found by its type, not by its place."""
    for block in blocks:
        if block.get("type") == "tool_use" and isinstance(block.get("input"), dict):
            return dict(block["input"])
        if block.get("type") == "text":
            try:
                found = json.loads(str(block.get("text")))
            except (ValueError, RecursionError):
                return None
            return found if isinstance(found, dict) else None
    return None
