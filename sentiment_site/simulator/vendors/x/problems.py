"""How X says no (upstreams.md 5.2): problem+json, and what each kind of token meets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sentiment_site.simulator.vendors.posts import milliseconds
from sentiment_site.simulator.vendors.vendor import Handler, Reason
from sentiment_site.simulator.wire import Answer, BadParameter, Request, encode

PROBLEM = "application/problem+json"
_PROBLEMS = "https://api.twitter.com/2/problems"
_WINDOW_S = 900
_LIMIT = 450  # requests of an app in 15 minutes, recent search


class InvalidError(Exception):
    """A parameter X refuses: its name, what was given, and the text of the message."""

    def __init__(self, name: str, given: str, message: str) -> None:
        super().__init__(message)
        self.name, self.given = name, given


@dataclass(frozen=True, slots=True)
class Naming:
    """How X names things: the documentation's way, or that of the newer specification."""

    fields_parameters: tuple[str, ...]
    edit_history: str
    reposts: str
    count: str
    total: str


DOCUMENTED = Naming(("tweet.fields",), "edit_history_tweet_ids", "retweet_count", "tweet_count", "total_tweet_count")
NEWER = Naming(
    ("post.fields", "tweet.fields"), "edit_history_post_ids", "repost_count", "post_count", "total_post_count"
)


def naming(request: Request) -> Naming:
    """Tokens that begin with `post-` meet the newer names, all others the documented ones."""
    return NEWER if request.key.startswith("post-") else DOCUMENTED


def _about_blank(status: int, title: str) -> dict[str, Any]:
    return {"title": title, "type": "about:blank", "status": status, "detail": title}


_FORBIDDEN = {
    "client_id": "30000001",
    "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a "
              "Twitter developer App that is attached to a Project. You can create a project via the developer portal.",
    "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
    "title": "Client Forbidden",
    "required_enrollment": "Appropriate Level of API Access",
    "reason": "client-not-enrolled",
    "type": f"{_PROBLEMS}/client-forbidden",
}  # fmt: skip
_DEPLETED = {
    "account_id": 1900000000000000001,
    "title": "CreditsDepleted",
    "detail": "Your enrolled account [1900000000000000001] does not have any credits to fulfill this request.",
    "type": f"{_PROBLEMS}/credits",
}
_CAPPED = {
    "account_id": 1900000000000000001,
    "product_name": "standard-basic",
    "title": "UsageCapExceeded",
    "period": "Monthly",
    "scope": "Product",
    "detail": "Usage cap exceeded: Monthly product cap",
    "type": f"{_PROBLEMS}/usage-capped",
}
_REFUSALS: dict[Reason, tuple[int, dict[str, Any]]] = {
    Reason.MISSING_KEY: (401, _about_blank(401, "Unauthorized")),
    Reason.UNKNOWN_KEY: (401, _about_blank(401, "Unauthorized")),
    Reason.NOT_ENTITLED: (403, _FORBIDDEN),
    Reason.RATE_LIMITED: (429, _about_blank(429, "Too Many Requests")),
    Reason.BROKEN: (500, _about_blank(500, "Internal Server Error")),
}
# what tokens that begin so are told, whatever they ask for (see also keys.py); the last is the older form of a refusal
_TOKENS: dict[str, tuple[int, dict[str, Any]]] = {
    "unenrolled-": _REFUSALS[Reason.NOT_ENTITLED],
    "spent-": (402, _DEPLETED),
    "capped-": (429, _CAPPED),
    "hurried-": (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
}


def rate_headers(now: dt.datetime, limit: int, remaining: int) -> tuple[tuple[str, str], ...]:
    """X's three headers. Requests are not counted; the reset is the end of the quarter of an hour."""
    reset = (milliseconds(now) // 1000 // _WINDOW_S + 1) * _WINDOW_S
    return (
        ("x-rate-limit-limit", str(limit)),
        ("x-rate-limit-remaining", str(remaining)),
        ("x-rate-limit-reset", str(reset)),
    )


def refuse(reason: Reason, text: str, request: Request) -> Answer:
    """X's answer for a reason (see Vendor)."""
    if reason is Reason.BAD_PARAMETER:
        return _invalid({}, text)
    status, body = _REFUSALS[reason]
    return _problem(status, body, request)


def not_found(kind: str, parameter: str, value: str) -> dict[str, str]:
    """The row of `errors` for a post (kind tweet) or user that is not there. The answer around it has status 200."""
    plural = f"{kind} with {parameter}"
    return {
        "value": value,
        "detail": f"Could not find {plural}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": f"{_PROBLEMS}/resource-not-found",
    }


def guarded(handler: Callable[[Request], dict[str, Any]], limit: int, parameters: frozenset[str]) -> Handler:
    """A handler with what all endpoints do: tokens that are refused, unknown parameters, rate headers, problems."""

    def handle(request: Request) -> Answer:
        for beginning, (status, body) in _TOKENS.items():
            if request.key.startswith(beginning):
                return _problem(status, body, request)
        try:
            for name, given in request.query.items():
                if name not in parameters and name not in naming(request).fields_parameters:
                    known = ",".join(sorted(parameters | set(naming(request).fields_parameters)))
                    raise InvalidError(name, given, f"The query parameter [{name}] is not one of [{known}]")
            body = handler(request)
        except InvalidError as error:
            return _invalid({error.name: [error.given]}, str(error))
        except BadParameter as error:
            return _invalid({}, str(error))
        return Answer(200, encode(body), "application/json; charset=utf-8", rate_headers(request.now, limit, limit - 1))

    return handle


def _invalid(parameters: Mapping[str, list[str]], message: str) -> Answer:
    body = {
        "errors": [{"parameters": dict(parameters), "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{_PROBLEMS}/invalid-request",
    }
    return Answer(400, encode(body), PROBLEM)


def _problem(status: int, body: Mapping[str, Any], request: Request) -> Answer:
    plain = Answer(status, encode(body), PROBLEM)
    return replace(plain, headers=rate_headers(request.now, _LIMIT, 0)) if status == 429 else plain
