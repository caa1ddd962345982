"""Every refusal of the API has the same shape."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import NotAuthenticated, ValidationError

from sentiment_site.api import problem


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (
            Http404("NOPE was not screened."),
            404,
            {"code": "not_found", "message": "NOPE was not screened.", "fields": {}},
        ),
        (
            PermissionDenied(),
            403,
            {"code": "forbidden", "message": "You do not have permission to perform this action.", "fields": {}},
        ),
        (NotAuthenticated("Log in."), 403, {"code": "not_authenticated", "message": "Log in.", "fields": {}}),
        (
            ValidationError({"as_of": ["not a moment"]}),
            400,
            {"code": "invalid", "message": "The request is not valid.", "fields": {"as_of": ["not a moment"]}},
        ),
        (ValidationError(["bad"]), 400, {"code": "invalid", "message": "The request is not valid.", "fields": {}}),
    ],
)
def test_one_shape(error: Exception, status: int, expected: dict[str, object]) -> None:
    response = problem(error, {})
    assert response is not None
    assert response.data == {"error": expected}
    assert response.status_code in (status, 401)


def test_our_own_bugs_stay_bugs() -> None:
    assert problem(ZeroDivisionError(), {}) is None
