"""What the Messages API demands of a request before a model sees it (upstreams.md 8.1)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sentiment_site.simulator.vendors.anthropic.images import MEDIA_TYPES, BadImageError, image_size
from sentiment_site.simulator.vendors.anthropic.models import Model, find_model
from sentiment_site.simulator.vendors.anthropic.schema import BadSchemaError, check_schema
from sentiment_site.simulator.wire import Request

_VERSIONS = ("2023-06-01", "2023-01-01")
_FIELDS = {
    "model", "max_tokens", "messages", "system", "metadata", "stop_sequences", "stream", "temperature", "top_p",
    "top_k", "thinking", "tools", "tool_choice", "output_config", "service_tier", "container", "context_management",
    "inference_geo", "cache_control",
}  # fmt: skip
_SAMPLING = ("temperature", "top_p", "top_k")
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_BLOCKS = ("text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking")
_MOST_BODY, _MOST_TOKENS = 32 * 1024 * 1024, 128_000
_MOST_IMAGES, _MOST_PIXELS, _MOST_PIXELS_OF_MANY, _MANY = 100, 8000, 2000, 20


class RefusedError(Exception):
    """The request is refused: HTTP status, error type, message."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that passed. text: all that system and user wrote; image_tokens: what the images cost; schema: of the
    answer; tool: the tool to call, if any."""

    model: Model
    body: Mapping[str, Any]
    max_tokens: int
    text: str
    image_tokens: int
    schema: dict[str, Any] | None
    tool: Mapping[str, Any] | None


def check_request(request: Request) -> Asked:
    """The request as a model may see it. RefusedError with the vendor's words for the first thing wrong with it."""
    version = request.headers.get("anthropic-version", "")
    _demand(bool(version), "anthropic-version: header is required")
    _demand(version in _VERSIONS, f'anthropic-version: "{version}" is not a valid version')
    if len(request.body) > _MOST_BODY:
        raise RefusedError(413, "request_too_large", "Request exceeds the maximum size")
    body = _decode(request.body)
    for name in ("model", "max_tokens", "messages"):
        _demand(name in body, f"{name}: Field required")
    for name in sorted(set(body) - _FIELDS):
        raise _bad(f"{name}: Extra inputs are not permitted")
    _demand(isinstance(body["model"], str), "model: Input should be a valid string")
    model = find_model(body["model"], request.now.astimezone(dt.UTC).date())
    if model is None:
        raise RefusedError(404, "not_found_error", f"model: {body['model']}")
    most = body["max_tokens"]
    _demand(_whole(most), "max_tokens: Input should be a valid integer")
    _demand(most >= 1, "max_tokens: Input should be greater than or equal to 1")
    _demand(most <= _MOST_TOKENS, f"max_tokens: {most} > {_MOST_TOKENS}, which is the maximum allowed number of output "
            f"tokens for {model.name}")  # fmt: skip
    _demand(not body.get("stream"), "stream: this simulator answers whole messages only")
    _check_sampling(body, model)
    _check_thinking(body, model, most)
    texts, image_tokens = _check_messages(body, model)
    return Asked(model, body, most, "\n".join(texts), image_tokens, _check_output(body), _check_tools(body, model))


def _decode(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise _bad("The request body is not valid JSON") from None
    _demand(isinstance(body, dict), "Input should be a valid dictionary")
    return dict(body)


def _check_sampling(body: Mapping[str, Any], model: Model) -> None:
    for name in _SAMPLING:
        if name in body:
            _demand(not model.strict, f"`{name}` is not supported on this model")
            _demand(isinstance(body[name], int | float), f"{name}: Input should be a valid number")
    _demand(0 <= body.get("temperature", 0) <= 1, "temperature: range: 0..1")


def _check_thinking(body: Mapping[str, Any], model: Model, most: int) -> None:
    thinking = body.get("thinking")
    if thinking is None:
        return
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    _demand(kind in ("enabled", "disabled", "adaptive"), "thinking: Input tag should be 'enabled', 'disabled' or "
            "'adaptive'")  # fmt: skip
    _demand(kind == "adaptive" or not model.strict, f'"thinking.type.{kind}" is not supported for this model. Use '
            '"thinking.type.adaptive" and "output_config.effort" to control thinking behavior.')  # fmt: skip
    if kind == "enabled":
        budget = thinking.get("budget_tokens")
        _demand(_whole(budget) and budget >= 1024, "thinking.enabled.budget_tokens: Input should be greater than or "
                "equal to 1024")  # fmt: skip
        _demand(budget < most, "`max_tokens` must be greater than `thinking.budget_tokens`")


def _check_messages(body: Mapping[str, Any], model: Model) -> tuple[list[str], int]:
    """The texts of system and user, and what the images cost in tokens."""
    messages = body["messages"]
    _demand(isinstance(messages, list), "messages: Input should be a valid list")
    _demand(bool(messages), "messages: at least one message is required")
    texts = _texts_of(body.get("system", ""), "system")
    sizes: list[tuple[str, int, int]] = []
    for place, message in enumerate(messages):
        where = f"messages.{place}"
        _demand(isinstance(message, dict), f"{where}: Input should be a valid dictionary")
        _demand(message.get("role") in ("user", "assistant"), f"{where}.role: Input should be 'user' or 'assistant'")
        _demand("content" in message, f"{where}.content: Field required")
        found = _check_content(message["content"], f"{where}.content", sizes)
        if message["role"] == "user":
            texts += found
    _demand(messages[0]["role"] == "user", 'messages: first message must use the "user" role')
    _demand(messages[-1]["role"] == "user" or not model.strict, "This model does not support assistant message "
            "prefill. The conversation must end with a user message.")  # fmt: skip
    _demand(len(sizes) <= _MOST_IMAGES, f"messages: too many images: {len(sizes)} > {_MOST_IMAGES}")
    most = _MOST_PIXELS_OF_MANY if len(sizes) > _MANY else _MOST_PIXELS
    for where, width, height in sizes:
        _demand(max(width, height) <= most, f"{where}: At least one of the image dimensions exceed max allowed size"
                f"{' for many-image requests' if len(sizes) > _MANY else ''}: {most} pixels")  # fmt: skip
    return texts, sum(round(width * height / 750) for _, width, height in sizes)


def _texts_of(content: Any, where: str) -> list[str]:
    return _check_content(content, where, []) if content else []


def _check_content(content: Any, where: str, sizes: list[tuple[str, int, int]]) -> list[str]:
    """The texts of one message's content; sizes of images are appended."""
    if isinstance(content, str):
        _demand(bool(content), f"{where}: text content blocks must be non-empty")
        return [content]
    _demand(isinstance(content, list) and bool(content), f"{where}: Input should be a valid list")
    texts = []
    for place, block in enumerate(content):
        here = f"{where}.{place}"
        kind = block.get("type") if isinstance(block, dict) else None
        _demand(kind in _BLOCKS, f"{here}: Input tag '{kind}' found using 'type' does not match any of the expected "
                f"tags: {', '.join(repr(name) for name in _BLOCKS)}")  # fmt: skip
        if kind == "text":
            _demand(isinstance(block.get("text"), str), f"{here}.text.text: Field required")
            _demand(bool(block["text"].strip()), "messages: text content blocks must contain non-whitespace text")
            texts.append(block["text"])
        elif kind == "image":
            sizes.append((f"{here}.image.source.base64.data", *_check_image(block.get("source"), here)))
        elif kind == "tool_result" and block.get("content"):
            texts += _check_content(block["content"], f"{here}.tool_result.content", sizes)
    return texts


def _check_image(source: Any, where: str) -> tuple[int, int]:
    kind = source.get("type") if isinstance(source, dict) else None
    _demand(kind == "base64", f"{where}.image.source: only base64 sources are served here")
    media_type = source.get("media_type")
    _demand(media_type in MEDIA_TYPES, f"{where}.image.source.base64.media_type: Input should be "
            f"{', '.join(repr(name) for name in MEDIA_TYPES)}")  # fmt: skip
    _demand(isinstance(source.get("data"), str), f"{where}.image.source.base64.data: Field required")
    try:
        return image_size(source["data"], media_type)
    except BadImageError as error:
        raise _bad(f"{where}.image.source.base64.data: {error}") from None


def _check_output(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema of the answer, if one is asked for."""
    config = body.get("output_config")
    if config is None:
        return None
    _demand(isinstance(config, dict), "output_config: Input should be a valid dictionary")
    for name in sorted(set(config) - {"effort", "format"}):
        raise _bad(f"output_config.{name}: Extra inputs are not permitted")
    _demand(config.get("effort", "low") in _EFFORTS, "output_config.effort: Input should be "
            f"{', '.join(repr(name) for name in _EFFORTS)}")  # fmt: skip
    form = config.get("format")
    if form is None:
        return None
    _demand(isinstance(form, dict) and form.get("type") == "json_schema", "output_config.format.type: Input should be "
            "'json_schema'")  # fmt: skip
    _demand("schema" in form, "output_config.format.schema: Field required")
    try:
        check_schema(form["schema"])
    except BadSchemaError as error:
        raise _bad(f"output_config.format.schema: {error}") from None
    return dict(form["schema"])


def _check_tools(body: Mapping[str, Any], model: Model) -> Mapping[str, Any] | None:
    """The tool the answer is to call: the one that is forced, else the first, unless it has been answered."""
    tools = body.get("tools") or []
    _demand(isinstance(tools, list), "tools: Input should be a valid list")
    for place, tool in enumerate(tools):
        _demand(isinstance(tool, dict) and isinstance(tool.get("name"), str), f"tools.{place}.name: Field required")
        _demand(isinstance(tool.get("input_schema"), dict), f"tools.{place}.input_schema: Field required")
        _demand(tool["input_schema"].get("type") == "object", f"tools.{place}.input_schema.type: Input should be "
                "'object'")  # fmt: skip
    choice = body.get("tool_choice") or {"type": "auto"}
    kind = choice.get("type") if isinstance(choice, dict) else None
    _demand(kind in ("auto", "any", "tool", "none"), "tool_choice: Input tag should be 'auto', 'any', 'tool' or 'none'")
    if kind in ("any", "tool"):
        _demand(not model.strict, f"tool_choice: '{kind}' forces tool use, which is not supported on this model")
        _demand((body.get("thinking") or {}).get("type") in (None, "disabled"),
                "Thinking may not be enabled when tool_choice forces tool use.")  # fmt: skip
        _demand(bool(tools), f"tool_choice.{kind}: requires at least one tool")
    if kind == "tool":
        named = [tool for tool in tools if tool["name"] == choice.get("name")]
        _demand(bool(named), f"tool_choice.tool.name: Tool '{choice.get('name')}' not found in provided tools")
        chosen: Mapping[str, Any] = named[0]
        return chosen
    content = body["messages"][-1]["content"]
    answered = isinstance(content, list) and any(block["type"] == "tool_result" for block in content)
    return None if not tools or kind == "none" or (answered and kind == "auto") else tools[0]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _bad(otherwise)


def _bad(message: str) -> RefusedError:
    return RefusedError(400, "invalid_request_error", message)
