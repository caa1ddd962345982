"""The people's JSON API: sign in for tokens, register, log out, one's account, one's preferences."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError as Refusal
from django.http import Http404
from django.utils.cache import patch_cache_control
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.exceptions import ValidationError as Invalid
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import Token

from . import accounts, lockout, openapi, tokens  # noqa: F401  (openapi registers itself)
from .models import User
from .preferences import save_preferences
from .serializers import (
    AccountSerializer,
    LogoutSerializer,
    PreferenceSerializer,
    RefreshSerializer,
    RegisterSerializer,
    SignInSerializer,
    TokenPairSerializer,
)
from .throttles import AuthThrottle

PAIR_EXAMPLE = {
    "access": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.signature",
    "refresh": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.signature",
    "token_type": "Bearer",
    "expires_in": 86400,
}
ACCOUNT_EXAMPLE = {
    "id": "5f0c8a52-8f5e-4c6e-9d6c-2f4b5f0f8d11",
    "username": "ada",
    "name": "ada",
    "email": "ada@example.org",
    "is_demo": False,
    "is_staff": False,
    "date_joined": "2026-08-21T13:30:00Z",
    "expires_at": None,
}
PREFERENCE_EXAMPLE = {
    "palette": "safe",
    "theme": "dark",
    "zone": "Europe/Berlin",
    "flashes": True,
    "watched_runs": ["premarket", "release"],
    "refresh_after_min": 60,
    "auto_refresh": False,
    "quiet_from": "22:00:00",
    "quiet_until": "06:30:00",
    "quiet_zone": "Europe/Berlin",
}
PAIR = OpenApiExample("tokens", value=PAIR_EXAMPLE, response_only=True)


class LockedOut(APIException):
    """Too many failures: 429 with Retry-After, for the right password too."""

    status_code = 429
    default_code = "locked_out"

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many failed attempts. Try again in {wait} seconds, or reset the password.")
        self.wait = wait


class OwnMixin:
    """Answers are secrets or one account's own: nobody keeps them."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Adds Cache-Control to what the view answered."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        patch_cache_control(answer, private=True, no_store=True)
        return answer


class EntryView(OwnMixin, APIView):
    """What strangers may call: no session is looked at, so no CSRF token is asked for; counted by address."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (AuthThrottle,)

    def get_authenticate_header(self, request: Request) -> str:
        """A refusal is a 401 with this challenge, as everywhere else."""
        return 'Bearer realm="api"'


class TokenView(EntryView):
    """Sign in."""

    @extend_schema(
        operation_id="auth_token",
        summary="Sign in: name or e-mail and password for a pair of tokens",
        description="The access token lives 24 hours, the refresh token 7 days. 401: they match no account; 429: too "
        "many failures or requests, `Retry-After` says how long.",
        request=SignInSerializer,
        responses=TokenPairSerializer,
        examples=[
            OpenApiExample("sign in", value={"username": "ada", "password": "correct horse"}, request_only=True),
            PAIR,
        ],
    )
    def post(self, request: Request) -> Response:
        """A pair of tokens."""
        given = _valid(SignInSerializer(data=request.data))
        plain = request._request  # axes leaves its verdict on the request it is given
        user = authenticate(plain, **given)
        if not isinstance(user, User):
            _raise_if_locked(plain, given["username"])
            raise AuthenticationFailed("Name and password do not match an account.")
        user_logged_in.send(sender=User, request=plain, user=user)
        return _pair(tokens.issue(user))


class RefreshView(EntryView):
    """Go on."""

    @extend_schema(
        operation_id="auth_token_refresh",
        summary="Exchange a refresh token for a new pair",
        description="A refresh token works once. When one comes a second time, every token of its sign-in is refused.",
        request=RefreshSerializer,
        responses=TokenPairSerializer,
        examples=[OpenApiExample("refresh", value={"refresh": PAIR_EXAMPLE["refresh"]}, request_only=True), PAIR],
    )
    def post(self, request: Request) -> Response:
        """A new pair of tokens."""
        return _pair(tokens.rotate(_valid(RefreshSerializer(data=request.data))["refresh"]))


class RegisterView(OwnMixin, APIView):
    """A new account."""

    permission_classes = (AllowAny,)
    throttle_classes = (AuthThrottle,)

    @extend_schema(
        operation_id="auth_register",
        summary="Register",
        auth=[],
        request=RegisterSerializer,
        responses={201: AccountSerializer},
        examples=[
            OpenApiExample(
                "register",
                value={"username": "ada", "email": "ada@example.org", "password": "correct horse battery"},
                request_only=True,
            ),
            OpenApiExample("account", value=ACCOUNT_EXAMPLE, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: Request) -> Response:
        """The account; 403 from inside a demo, 404 where only operators make accounts."""
        if not settings.REGISTRATION:
            raise Http404("Accounts are made by the operators.")
        if isinstance(request.user, User) and request.user.is_demo:
            raise PermissionDenied("A demo account registers nobody.")
        given = _valid(RegisterSerializer(data=request.data))
        try:
            user = accounts.register(**given)
        except Refusal as error:
            raise Invalid(error.message_dict) from error
        return Response(AccountSerializer(user).data, status=201)


class LogoutView(OwnMixin, APIView):
    """End tokens and sessions."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="auth_logout",
        summary="Log out: the token or session of this request ends at once",
        description="Every token of the same sign-in ends with it. A refresh token alone, in the body, is enough.",
        request=LogoutSerializer,
        responses={204: None},
        examples=[OpenApiExample("everywhere", value={"everywhere": True}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """204; 401 when there is nothing to end."""
        given = _valid(LogoutSerializer(data=request.data))
        user = request.user if isinstance(request.user, User) else None
        if isinstance(request.auth, Token) and user is not None:
            tokens.revoke(user, request.auth)
        if given.get("refresh"):
            user = _revoke_refresh(given["refresh"], user)
        if user is None:
            raise NotAuthenticated()
        if given["everywhere"]:
            accounts.sign_out_everywhere(user)
        if request.auth is None and request.user.is_authenticated:
            logout(request._request)
        return Response(status=204)


class MeView(OwnMixin, APIView):
    """Who am I."""

    @extend_schema(
        operation_id="auth_me",
        summary="The account of this token or session",
        responses=AccountSerializer,
        examples=[OpenApiExample("account", value=ACCOUNT_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Name, address and what kind of account."""
        return Response(AccountSerializer(_user(request)).data)


class PreferencesView(OwnMixin, APIView):
    """One's own preferences."""

    example = OpenApiExample("preferences", value=PREFERENCE_EXAMPLE, response_only=True)

    @extend_schema(
        operation_id="preferences", summary="Your preferences", responses=PreferenceSerializer, examples=[example]
    )
    def get(self, request: Request) -> Response:
        """The choices, or the defaults."""
        return Response(PreferenceSerializer(_user(request).preferences).data)

    @extend_schema(
        operation_id="preferences_change",
        summary="Change some of your preferences",
        request=PreferenceSerializer(partial=True),
        responses=PreferenceSerializer,
        examples=[example, OpenApiExample("theme", value={"theme": "light"}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """What is named is changed, in force at once; 400 names the field that cannot be."""
        changes = _valid(PreferenceSerializer(data=request.data, partial=True))
        try:
            row = save_preferences(_user(request), changes)
        except Refusal as error:
            raise Invalid(error.message_dict) from error
        return Response(PreferenceSerializer(row).data)


def _valid(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _pair(pair: tokens.TokenPair) -> Response:
    return Response(asdict(pair) | {"token_type": "Bearer"})


def _user(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotAuthenticated()
    return request.user


def _raise_if_locked(request: Any, login: str) -> None:
    if not getattr(request, "axes_locked_out", False):
        return
    name = lockout.account_name(request, {"username": login})
    until = lockout.locked_until(name, lockout.client_address(request))
    raise LockedOut(lockout.seconds_until(until) if until else int(settings.AXES_COOLOFF_TIME.total_seconds()))


def _revoke_refresh(text: str, user: User | None) -> User:
    """End a refresh token's sign-in, which must be of the same account as the request's."""
    token = tokens.parse_refresh(text)
    owner = User.objects.filter(pk=token["user_id"]).first()
    if owner is None or (user is not None and owner != user):
        raise tokens.TokenRefused()
    tokens.revoke(owner, token)
    return owner
