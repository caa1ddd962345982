"""The yardstick of the page: a Django project of one view with constant bytes, without middleware and database."""

from __future__ import annotations

import os

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

BODY = b"x" * int(os.environ["BENCH_PAGE_BYTES"])

if not settings.configured:
    settings.configure(SECRET_KEY="bench", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, MIDDLEWARE=[])


def constant(request: HttpRequest) -> HttpResponse:
    """The bytes."""
    return HttpResponse(BODY, headers={"Content-Length": str(len(BODY))})


urlpatterns = [path("", constant)]

from django.core.wsgi import get_wsgi_application  # noqa: E402 - it needs the settings above

application = get_wsgi_application()
