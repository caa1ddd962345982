"""How the API's documentation shows signing in with a token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the base registers by metaclass
    """`Authorization: Bearer ...`, beside the session's cookie."""

    target_class = "portfolios.tokens.BearerAuthentication"
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The access token of /api/auth/token/. Without it the session's cookie counts, with CSRF.",
        }
