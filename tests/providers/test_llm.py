"""The language model: recorded answers put together again, what is sent, and what comes back when it goes wrong."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from sentiment_site.providers import errors
from sentiment_site.providers.http import Http
from sentiment_site.providers.llm import Llm, LlmRequest, llm_config, open_llm, parse_answer

from .conftest import KEY, Script, answer

Make = Callable[..., Http]
Scripted = Callable[..., Script]
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["bias"],
    "properties": {"bias": {"type": "string"}},
}
ASKED = LlmRequest("claude-sonnet-5-5", "Be brief.", "btc_price: 1", SCHEMA, (b"\x89PNG one", b"\x89PNG two"))
RECORDED = ("test_opus_46_schema", "test_schema_prompt", "test_prompt", "test_parts_thinking", "test_tools")


@pytest.fixture
def model(http: Make) -> Llm:
    return Llm(http(name="anthropic", auth="header:x-api-key"))


def message(text: str = '{"bias":"neutral"}', reason: str = "end_turn", **fields: Any) -> bytes:
    blocks = [{"type": "thinking", "thinking": "…", "signature": "s"}, {"type": "text", "text": text}]
    usage = {"input_tokens": 5000, "output_tokens": 300, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 3}
    whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": blocks,
             "stop_reason": reason, "stop_sequence": None, "usage": usage}  # fmt: skip
    return json.dumps(whole | fields).encode()


def refusal(kind: str, words: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": words}, "request_id": "req_1"}).encode()


def joined(stream: str) -> bytes:
    """A recorded stream as the whole message it stands for."""
    whole: dict[str, Any] = {}
    parts: dict[int, str] = {}
    for line in stream.splitlines():
        if not line.startswith("data: "):
            continue
        event = json.loads(line.removeprefix("data: "))
        if event["type"] == "message_start":
            whole = event["message"]
        elif event["type"] == "content_block_start":
            whole["content"].append(event["content_block"])
            parts[event["index"]] = ""
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            words = delta.get("text") or delta.get("partial_json") or delta.get("thinking") or ""
            parts[event["index"]] += words if delta["type"] != "signature_delta" else ""
        elif event["type"] == "message_delta":
            whole |= {name: value for name, value in event["delta"].items() if value is not None}
            whole["usage"] |= event["usage"]
    for place, block in enumerate(whole["content"]):
        name = {"text": "text", "thinking": "thinking", "tool_use": "input"}[block["type"]]
        block[name] = json.loads(parts[place] or "{}") if name == "input" else parts[place]
    return json.dumps(whole).encode()


@pytest.mark.real_data
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answers(shared_data: Path, name: str) -> None:
    path = shared_data / "payloads" / "anthropic" / f"{name}.json.gz"
    if not path.is_file():
        pytest.skip(f"no recorded payload at {path}")
    exchanges = json.loads(gzip.decompress(path.read_bytes()))
    found = parse_answer(joined(exchanges[0]["body"]))
    asked = exchanges[0]["request_body"]
    assert found.model.startswith(asked["model"]) and found.id.startswith("msg_")
    assert found.input_tokens > 0 and found.output_tokens > 0
    if "schema" in name:
        assert found.answer is not None and set(found.answer) == {"name", "age", "bio"}
        assert isinstance(found.answer["age"], int)
    elif name == "test_tools":
        assert found.stop_reason == "tool_use" and found.answer == {}
    else:
        assert found.answer is None and found.stop_reason == "end_turn"  # prose, where an object was to be


def test_the_text_block_is_found_behind_the_thinking_and_tokens_are_summed() -> None:
    found = parse_answer(message())
    assert (found.answer, found.stop_reason, found.is_cut) == ({"bias": "neutral"}, "end_turn", False)
    assert (found.input_tokens, found.output_tokens) == (5010, 300)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (message('{"bias":"neu', "max_tokens"), "max_tokens"),
        (message(reason="refusal", content=[]), "refusal"),
        (message("[1]"), "end_turn"),
        (message("no JSON"), "end_turn"),
        (message(content=[]), "end_turn"),
        (message(content=[{"type": "tool_use", "input": "no"}, "odd"]), "end_turn"),
        (message(stop_reason=None, usage=None), "none"),
    ],
)
def test_answers_that_cannot_be_used_are_paid_for_all_the_same(body: bytes, reason: str) -> None:
    found = parse_answer(body)
    assert found.answer is None and found.stop_reason == reason
    assert found.is_cut == (reason == "max_tokens")


def test_a_forced_tool_of_an_older_model() -> None:
    found = parse_answer(message(content=[{"type": "tool_use", "input": {"bias": "bullish"}}], stop_reason="tool_use"))
    assert found.answer == {"bias": "bullish"}


@pytest.mark.parametrize("body", [b"[]", b'{"type":"other"}', b'{"type":"message","content":3}', b"{"])
def test_what_is_no_message(body: bytes) -> None:
    with pytest.raises(errors.BadPayload):
        parse_answer(body)


def test_what_goes_over_the_wire(model: Llm, script: Scripted) -> None:
    asked = script(answer(message()))
    fetched = model.fetch_answer(ASKED)
    assert fetched.records.answer == {"bias": "neutral"} and not fetched.simulated
    (request,) = asked.requests
    assert request.method == "POST" and request.path.endswith("/v1/messages")
    assert request.headers["x-api-key"] == KEY and request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["content-type"] == "application/json"
    sent = json.loads(request.get_data())
    assert set(sent) == {"model", "max_tokens", "system", "output_config", "messages"}
    assert sent["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}
    first, second, text = sent["messages"][0]["content"]
    assert [base64.b64decode(part["source"]["data"]) for part in (first, second)] == list(ASKED.images)
    assert text == {"type": "text", "text": "btc_price: 1"}
    assert ASKED.body() == request.get_data()


def test_overload_is_waited_out(model: Llm, script: Scripted) -> None:
    busy = answer(refusal("overloaded_error", "Overloaded"), 529)
    asked = script(busy, busy, answer(message()))
    assert model.fetch_answer(ASKED).records.stop_reason == "end_turn"
    assert len(asked.requests) == 3
    asked = script(busy)
    with pytest.raises(errors.Upstream, match=r"529 vendor failed.*overloaded_error Overloaded"):
        model.fetch_answer(ASKED)
    assert len(asked.requests) == 3


@pytest.mark.parametrize(
    ("status", "kind", "words", "error"),
    [
        (400, "invalid_request_error", "max_tokens: too large", errors.BadRequest),
        (400, "invalid_request_error", "Your credit balance is too low to access the API.", errors.QuotaExhausted),
        (401, "authentication_error", "invalid x-api-key", errors.AuthError),
        (403, "permission_error", "no permission", errors.AuthError),
        (404, "not_found_error", "model: claude-sonnet-4-5", errors.NotFound),
        (413, "request_too_large", "Request exceeds the maximum size", errors.BadRequest),
        (200, "api_error", "odd", errors.BadPayload),
    ],
)
def test_refusals_are_not_repeated(
    model: Llm, script: Scripted, status: int, kind: str, words: str, error: type[errors.ProviderError]
) -> None:
    asked = script(answer(refusal(kind, words), status))
    with pytest.raises(error, match=words.split(maxsplit=1)[0]) as caught:
        model.fetch_answer(ASKED)
    assert type(caught.value) is error and len(asked.requests) == 1
    assert KEY not in str(caught.value)


def test_limits_and_breakage_are(model: Llm, script: Scripted) -> None:
    asked = script(
        answer(refusal("rate_limit_error", "slow"), 429, retry_after="0"),
        answer(refusal("api_error", "Internal server error"), 500),
        answer(message()),
    )
    model.fetch_answer(ASKED)
    assert len(asked.requests) == 3


def test_the_configuration() -> None:
    settings = SimpleNamespace(
        ANTHROPIC_BASE_URL="https://api.anthropic.com/", ANTHROPIC_API_KEY=" k-1 ", PROVIDER_READ_TIMEOUT_S=30.0
    )
    config = llm_config(settings)  # type: ignore[arg-type]
    assert (config.base_url, config.api_key, config.auth) == ("https://api.anthropic.com", "k-1", "header:x-api-key")
    assert config.read_timeout >= 120 and config.deadline_s > config.read_timeout and config.attempts == 3
    assert open_llm(settings, None).has_key  # type: ignore[arg-type]
    settings.ANTHROPIC_API_KEY = ""
    assert not open_llm(settings, redis.Redis()).has_key  # type: ignore[arg-type]
