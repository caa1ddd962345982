"""The Messages endpoint: what it refuses, and that its answers satisfy the schema asked for (upstreams.md 8)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from sentiment_site.market import clock
from sentiment_site.simulator.vendors.anthropic.compose import misquote
from sentiment_site.simulator.vendors.anthropic.endpoints import SHARES, THINKS_SHARE, Mood, mood_of
from sentiment_site.simulator.vendors.anthropic.facts import read_facts
from tests.simulator.client import Client, Reply

pytestmark = pytest.mark.usefixtures("noon")

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["regime", "confidence", "summary", "risks"],
    "properties": {
        "regime": {"type": "string", "enum": ["BTC_SEASON", "ALT_SEASON", "TRANSITION", "BEAR"]},
        "confidence": {"type": "integer"},
        "agrees_with_engine": {"type": "boolean"},
        "summary": {"type": "string"},
        "risks": {"type": "array", "items": {"$ref": "#/$defs/risk"}},
        "target": {"anyOf": [{"type": "number"}, {"type": "null"}]},
    },
    "$defs": {
        "risk": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "likelihood", "until"],
            "properties": {
                "name": {"type": "string"},
                "likelihood": {"type": "number"},
                "until": {"type": "string", "format": "date"},
            },
        }
    },
}
TEXT = """Read the three charts.
btc_price: 161,741
btc dominance: 57.95 %
regime: BEAR
{"alt_strength": -0.31, "total_cap": {"change_24h": 2.4}}
"""
NUMBERS = {"161741", "57.95", "-0.31", "2.4"}


def png(width: int = 64, height: int = 48) -> str:
    """A black image, base64."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(height)))
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(whole).decode()


def image(data: str, media_type: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def body_of(text: str = TEXT, images: int = 0, **more: Any) -> dict[str, Any]:
    content = [image(png()) for _ in range(images)] + [{"type": "text", "text": text}]
    return {
        "model": "claude-sonnet-5-5",
        "max_tokens": 4000,
        "messages": [{"role": "user", "content": content}],
        **more,
    }


def bound(schema: dict[str, Any] = SCHEMA, **more: Any) -> dict[str, Any]:
    return body_of(output_config={"effort": "medium", "format": {"type": "json_schema", "schema": schema}}, **more)


def post(client: Client, body: dict[str, Any] | bytes, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "HTTP_X_API_KEY": "key",
        "HTTP_ANTHROPIC_VERSION": "2023-06-01",
        "CONTENT_TYPE": "application/json",
        **headers,
    }
    return client.ask("POST", "/anthropic/v1/messages", raw, **{name: value for name, value in sent.items() if value})


def message(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    reply = post(client, body)
    assert reply.status == 200, reply.body
    assert reply.headers["request-id"].startswith("req_")
    return reply.json()


def refused(client: Client, body: dict[str, Any] | bytes, **headers: str) -> tuple[int, str, str]:
    reply = post(client, body, **headers)
    answer = reply.json()
    assert set(answer) == {"type", "error", "request_id"} and answer["type"] == "error"
    assert answer["request_id"] == reply.headers["request-id"]
    return reply.status, answer["error"]["type"], answer["error"]["message"]


def in_mood(mood: Mood, number: int = 0, **more: Any) -> dict[str, Any]:
    """The n-th request whose answer turns out like that."""
    found = 0
    for attempt in range(20_000):
        body = bound(metadata={"user_id": str(attempt)}, **more)
        if mood_of(hashlib.blake2b(json.dumps(body).encode(), digest_size=16).hexdigest()) is mood:
            if found == number:
                return body
            found += 1
    raise AssertionError(mood)


def text_of(answer: dict[str, Any]) -> str:
    return next(block["text"] for block in answer["content"] if block["type"] == "text")


def satisfies(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """A check of the parts of JSON schema that the endpoint takes."""
    if "$ref" in schema:
        return satisfies(value, root["$defs"][schema["$ref"].split("/")[-1]], root)
    if "anyOf" in schema:
        return any(satisfies(value, option, root) for option in schema["anyOf"])
    if value not in schema.get("enum", [value]):
        return False
    number = isinstance(value, int | float) and not isinstance(value, bool)
    properties = schema.get("properties", {})
    tests: dict[str, Callable[[], bool]] = {
        "string": lambda: (
            isinstance(value, str) and (schema.get("format") != "date" or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)))
        ),
        "integer": lambda: number and isinstance(value, int),
        "number": lambda: number,
        "null": lambda: value is None,
        "boolean": lambda: isinstance(value, bool),
        "array": lambda: isinstance(value, list) and all(satisfies(inner, schema["items"], root) for inner in value),
        "object": lambda: (
            isinstance(value, dict)
            and set(schema.get("required", [])) <= set(value) <= set(properties)
            and all(satisfies(inner, properties[name], root) for name, inner in value.items())
        ),
    }
    return tests[schema["type"]]()


def test_a_sound_answer_satisfies_its_schema_and_quotes_only_what_was_given(client: Client) -> None:
    quoted: set[str] = set()
    for number in range(12):
        body = in_mood(Mood.SOUND, number)
        answer = message(client, body)
        assert answer["type"] == "message" and answer["role"] == "assistant" and answer["stop_sequence"] is None
        assert answer["stop_reason"] == "end_turn" and answer["model"] == "claude-sonnet-5-5"
        kinds = [block["type"] for block in answer["content"]]
        assert kinds in (["text"], ["thinking", "text"])
        value = json.loads(text_of(answer))
        assert satisfies(value, SCHEMA, SCHEMA) and 0 <= value["confidence"] <= 100
        assert value["regime"] == "BEAR" and value["agrees_with_engine"] is True
        said = set(re.findall(r"-?\d+(?:\.\d+)?", value["summary"].replace("change 24h", "").replace("Change 24h", "")))
        assert said and said <= NUMBERS
        quoted |= said
        assert 0 < answer["usage"]["output_tokens"] <= 4000 and answer["usage"]["input_tokens"] > 20
    assert len(quoted) >= 3


def test_bad_answers_are_bad_in_the_way_the_table_says(client: Client) -> None:
    misquoted = json.loads(text_of(message(client, in_mood(Mood.MISQUOTES))))
    said = set(re.findall(r"-?\d+(?:\.\d+)?", misquoted["summary"].replace("hange 24h", "")))
    assert said - NUMBERS and satisfies(misquoted, SCHEMA, SCHEMA)
    other = json.loads(text_of(message(client, in_mood(Mood.DISAGREES))))
    assert other["regime"] != "BEAR" and other["agrees_with_engine"] is False and satisfies(other, SCHEMA, SCHEMA)
    cut = message(client, in_mood(Mood.CUT))
    assert cut["stop_reason"] == "max_tokens" and cut["usage"]["output_tokens"] == 4000
    with pytest.raises(json.JSONDecodeError):
        json.loads(text_of(cut))
    refusal = message(client, in_mood(Mood.REFUSES))
    assert refusal["stop_reason"] == "refusal" and refusal["content"] == []
    short = message(client, in_mood(Mood.SOUND, max_tokens=30))
    assert short["stop_reason"] == "max_tokens" and short["usage"]["output_tokens"] == 30


def test_shares_of_moods_and_of_thinking(client: Client) -> None:
    moods = Counter(
        mood_of(hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()) for number in range(20_000)
    )
    for mood, share in SHARES:
        assert moods[mood] / 20_000 == pytest.approx(share, abs=0.008)
    thinking = 0
    for number in range(200):
        answer = message(client, in_mood(Mood.SOUND, 0, system=f"Analyst {number}"))
        thinking += answer["content"][0]["type"] == "thinking"
    assert thinking / 200 == pytest.approx(THINKS_SHARE, abs=0.12)


def test_the_same_request_has_the_same_answer(client: Client, noon: clock.Frozen) -> None:
    first = message(client, bound())
    noon.move_to(noon.now() + dt.timedelta(hours=3))
    again = message(client, bound())
    assert again["content"] == first["content"] and again["usage"] == first["usage"] and again["id"] != first["id"]
    assert message(client, bound(system="Be brief."))["content"] != first["content"]


@pytest.fixture
def server(client: Client) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/anthropic"
    server.shutdown()
    thread.join()


def test_three_charts_over_a_socket(server: str) -> None:
    body = in_mood(Mood.SOUND)
    body["messages"][0]["content"][:0] = [image(png(1400, 800)) for _ in range(3)]
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    reply = requests.post(f"{server}/v1/messages", json=body, headers=headers, timeout=10)
    assert reply.status_code == 200 and reply.headers["X-Simulated"] == "sectorlight"
    assert 4_479 <= reply.json()["usage"]["input_tokens"] <= 4_700
    bare = requests.post(f"{server}/v1/messages", json=body, headers={"anthropic-version": "2023-06-01"}, timeout=10)
    assert bare.status_code == 401 and bare.json()["error"]["type"] == "authentication_error"


_SCORE = {"type": "integer", "minimum": 3, "maximum": 5}
_REPORT = {"type": "object", "properties": {"score": _SCORE}, "required": ["score"]}
_TOOL = {"name": "report", "description": "d", "input_schema": _REPORT}


def test_tools_are_called(client: Client) -> None:
    for model, choice in (
        ("claude-sonnet-5-5", {"type": "auto"}),
        ("claude-haiku-4-5", {"type": "tool", "name": "report"}),
    ):
        for attempt in range(6):
            body = body_of(f"Say {attempt}", model=model, tools=[_TOOL], tool_choice=choice)
            answer = message(client, body)
            if answer["stop_reason"] != "tool_use":
                continue
            call = answer["content"][-1]
            assert call["type"] == "tool_use" and call["id"].startswith("toolu_") and call["name"] == "report"
            assert call["input"]["score"] in (3, 4, 5)
            break
        else:
            raise AssertionError("no tool was called")
    looped = {**_TOOL, "input_schema": {"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}}
    assert "JSON schema is invalid" in refused(client, body_of(tools=[looped], metadata={"user_id": "a"}))[2]
    calls = [{"type": "tool_use", "id": "toolu_1", "name": "report", "input": {}}]
    result = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}]
    answered = body_of(tools=[_TOOL], model="claude-sonnet-5-5")
    answered["messages"] += [{"role": "assistant", "content": calls}, {"role": "user", "content": result}]
    assert message(client, answered)["stop_reason"] != "tool_use"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"temperature": 0.0}, "temperature"),
        ({"top_p": 0.9}, "top_p"),
        ({"top_k": 5}, "top_k"),
        ({"tools": [_TOOL], "tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [_TOOL], "tool_choice": {"type": "tool", "name": "report"}}, "tool_choice"),
        ({"tools": [{"name": "report"}]}, "input_schema"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking"),
        ({"thinking": {"type": "disabled"}}, "thinking"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 128_001}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"stream": True}, "stream"),
        ({"output_format": {}}, "Extra inputs"),
        ({"output_config": {"effort": "huge"}}, "effort"),
        ({"output_config": {"format": {"type": "json"}}}, "json_schema"),
    ],
)
def test_what_the_newest_models_refuse(client: Client, more: dict[str, Any], says: str) -> None:
    status, kind, text = refused(client, body_of(**more))
    assert (status, kind) == (400, "invalid_request_error") and says in text


def test_older_models_take_what_newer_ones_refuse(client: Client) -> None:
    body = body_of(model="claude-haiku-4-5", temperature=0.2)
    body["messages"].append({"role": "assistant", "content": "{"})
    assert message(client, body)["model"] == "claude-haiku-4-5-20251001"
    body["model"] = "claude-opus-5-5"
    assert refused(client, {**body, "temperature": 1})[0] == 400
    del body["temperature"]
    assert "prefill" in refused(client, body)[2]


@pytest.mark.parametrize("model", ["claude-3-5-sonnet-20241022", "gpt-5", "claude-sonnet-9"])
def test_unknown_and_retired_models(client: Client, model: str) -> None:
    assert refused(client, body_of(model=model)) == (404, "not_found_error", f"model: {model}")


def test_a_model_is_retired_on_its_day(client: Client, noon: clock.Frozen) -> None:
    noon.move_to(dt.datetime(2026, 11, 29, 23, tzinfo=dt.UTC))
    assert post(client, body_of(model="claude-sonnet-4-5")).status == 200
    noon.move_to(dt.datetime(2026, 11, 30, 1, tzinfo=dt.UTC))
    assert refused(client, body_of(model="claude-sonnet-4-5"))[:2] == (404, "not_found_error")


def _without(*path: str) -> dict[str, Any]:
    schema = json.loads(json.dumps(SCHEMA))
    inner = schema
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return schema


def _with(value: Any, *path: str) -> dict[str, Any]:
    schema = json.loads(json.dumps(SCHEMA))
    inner = schema
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return schema


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (_without("additionalProperties"), "additionalProperties"),
        (_without("$defs", "risk", "additionalProperties"), "additionalProperties"),
        (_with(0, "properties", "confidence", "minimum"), "minimum"),
        (_with(100, "properties", "confidence", "maximum"), "maximum"),
        (_with(9, "properties", "summary", "maxLength"), "maxLength"),
        (_with(3, "properties", "risks", "minItems"), "minItems"),
        (_with(3, "properties", "risks", "maxItems"), "maxItems"),
        (_with("phone", "properties", "summary", "format"), "phone"),
        (_with("(?=a)b", "properties", "summary", "pattern"), "pattern"),
        (_with([], "properties", "regime", "enum"), "enum"),
        (_with(["x"], "required"), "required"),
        (_with({"$ref": "#/$defs/none"}, "properties", "target"), "none"),
        (_with({"oneOf": [{"type": "null"}]}, "properties", "target"), "oneOf"),
        (_with({"$ref": "#/$defs/risk"}, "$defs", "risk", "properties", "name"), "recursive"),
        (_with({"$ref": "#/$defs/risk"}, "$defs", "risk"), "resolved"),
        ({"type": "array", "items": {"type": "string"}}, "object"),
        (_with("confidence", "required"), "'required' must be a list"),
        (_with([{}], "required"), "required"),
        (_with(5, "properties"), "'properties' must be an object"),
        (_with(5, "$defs"), "'$defs' must be an object"),
        (_with(5, "properties", "summary", "type"), "'type' must be"),
        (_with([{}], "properties", "summary", "type"), "not a valid type"),
        (_with(5, "properties", "summary", "pattern"), "'pattern' must be"),
        (_with({"anyOf": 5}, "properties", "target"), "'anyOf' must be"),
    ],
)
def test_schemas_that_are_refused(client: Client, schema: dict[str, Any], says: str) -> None:
    status, kind, text = refused(client, bound(schema))
    assert (status, kind) == (400, "invalid_request_error")
    assert text.startswith("output_config.format.schema: ") and says in text


def test_images_must_be_what_they_say(client: Client) -> None:
    good = png()
    raw = bytearray(base64.b64decode(good))
    raw[20] ^= 1
    cases = [
        (base64.b64encode(b"GIF89a" + bytes(40)).decode(), "media type"),
        (base64.b64encode(bytes(raw)).decode(), "Could not process"),
        (base64.b64encode(base64.b64decode(good)[:-6]).decode(), "Could not process"),
        (base64.b64encode(base64.b64decode(good)[:33]).decode(), "Could not process"),
        ("not base64!", "base64"),
        (png(8001, 1), "dimensions"),
        (base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(5 * 1024 * 1024)).decode(), "5 MB"),
    ]
    for data, says in cases:
        body = body_of()
        body["messages"][0]["content"].insert(0, image(data))
        status, kind, text = refused(client, body)
        assert (status, kind) == (400, "invalid_request_error") and says in text, says
        assert text.startswith("messages.0.content.0.image.source.base64.data: ")
    many = body_of(images=21)
    many["messages"][0]["content"][0] = image(png(2001, 2))
    assert "many-image" in refused(client, many)[2]
    assert "too many images" in refused(client, body_of(images=101))[2]
    assert post(client, body_of(images=100)).status == 200


def test_headers_and_bodies_that_are_refused(client: Client) -> None:
    assert refused(client, body_of(), HTTP_X_API_KEY="")[:2] == (401, "authentication_error")
    assert refused(client, body_of(), HTTP_ANTHROPIC_VERSION="") == (
        400, "invalid_request_error", "anthropic-version: header is required",
    )  # fmt: skip
    assert refused(client, body_of(), HTTP_ANTHROPIC_VERSION="2020-01-01")[0] == 400
    assert refused(client, b"{not json")[0] == 400 and refused(client, b"[]")[0] == 400
    for name in ("model", "max_tokens", "messages"):
        body = body_of()
        del body[name]
        assert refused(client, body)[2] == f"{name}: Field required"
    assert refused(client, b" " * (32 * 1024 * 1024 + 1))[:2] == (413, "request_too_large")
    body = body_of()
    body["messages"][0]["role"] = "system"
    assert "role" in refused(client, body)[2]
    assert client.ask("GET", "/anthropic/v1/messages", HTTP_X_API_KEY="k").status == 405


_FAULTS = [("401", 401, "authentication_error"), ("403_not_entitled", 403, "permission_error"),
           ("429", 429, "rate_limit_error"), ("500", 500, "api_error")]  # fmt: skip


@pytest.mark.parametrize(("kind", "status", "type_"), _FAULTS)
def test_faults_speak_the_vendors_language(client: Client, kind: str, status: int, type_: str) -> None:
    fault = json.dumps({"vendor": "anthropic", "kind": kind, "times": 1}).encode()
    assert client.ask("POST", "/faults", fault, HTTP_X_CONTROL="1").status == 201
    assert refused(client, body_of())[:2] == (status, type_)


def test_facts_are_read_from_lines_and_json() -> None:
    facts = read_facts(TEXT)
    assert dict(facts.numbers) == {
        "btc_price": "161741", "btc dominance": "57.95", "alt_strength": "-0.31", "change_24h": "2.4",
    }  # fmt: skip
    assert facts.number("BTC Price") == "161741" and facts.number("eth") is None
    assert facts.stated("engine_regime", ["bear", "bull"]) == "bear" and facts.stated("x", ["other"]) is None


@pytest.mark.parametrize("value", ["0", "1", "57.95", "-0.31", "100000", "0.00", "1e-5"])
def test_a_misquoted_number_is_another_number(value: str) -> None:
    assert float(misquote(value)) != float(value)
