"""How often one address may try to sign in, register or open a demo: pages and API share the count.

Counted in the cache. When Valkey does not answer, nobody is held up: the lockout, which is in the database, still is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.throttling import SimpleRateThrottle

TOO_MANY = 429
View = Callable[..., Any]


class AddressThrottle(SimpleRateThrottle):
    """Counts by the caller's address, whoever is signed in."""

    def get_cache_key(self, request: Any, view: Any) -> str:
        """One count per scope and address."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class AuthThrottle(AddressThrottle):
    """Signing in, registering, resetting a password."""

    scope = "auth"


class DemoThrottle(AddressThrottle):
    """Opening copies of the demo accounts."""

    scope = "demo"


def throttled(throttle: type[AddressThrottle]) -> Callable[[View], View]:
    """For pages: a POST beyond the rate gets 429 with Retry-After."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            counter = throttle()
            if request.method == "POST" and not counter.allow_request(request, None):  # type: ignore[arg-type]
                return _refuse(request, counter.wait())
            return view(request, *args, **kwargs)

        return checked

    return decorate


def _refuse(request: HttpRequest, wait: float | None) -> HttpResponse:
    seconds = max(1, round(wait or 60))
    response = render(request, "registration/throttled.html", {"seconds": seconds}, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    return response
