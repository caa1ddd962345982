"""Tokens of the API: issued at sign-in, exchanged once, refused after logout.

A sign-in makes a family (`fam`): an access token for a day, a refresh token for a week, and all that come from it. The
claim `gen` is a keyed digest of the account's password and sign-out count, so that changing the one or raising the
other ends every token at once, without a list. The list (RevokedToken) is for single ones.

Asked at each request: the cache first, which refuses without a statement what it knows to be revoked; then the
database, in the same statement that loads the account. "Not revoked" is never taken from the cache: no answer is stale.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists
from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, Token

from sentiment_site.market import clock

from .models import RevokedToken, User

logger = structlog.get_logger(__name__)

DIGEST_LENGTH = 24
Reason = RevokedToken.Reason


class TokenRefused(AuthenticationFailed):
    """Expired, revoked, exchanged before, of an account that may not sign in, or no token of ours: 401."""

    default_code = "token_not_valid"
    default_detail = "This token is not valid, or not any more. Sign in again."


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a sign-in gives. `expires_in`: seconds the access token lives."""

    access: str
    refresh: str
    expires_in: int


class BearerAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`."""

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]  # the one user model there is
        """The token's account. Raises TokenRefused."""
        return load_user(validated_token)


def issue(user: User, family: str | None = None) -> TokenPair:
    """Tokens of a new sign-in, or of an old one (`family`) that goes on."""
    refresh = RefreshToken()
    refresh["user_id"] = str(user.pk)
    refresh["fam"] = family or uuid.uuid4().hex
    refresh["gen"] = _digest(user)
    access = refresh.access_token
    return TokenPair(str(access), str(refresh), int(access.lifetime.total_seconds()) if access.lifetime else 0)


def rotate(text: str) -> TokenPair:
    """A new pair for a refresh token, which is used up by it. Raises TokenRefused.

    One that was used up before has been stolen, from its owner or by him: its whole family is refused from then on.
    """
    token = parse_refresh(text)
    user = load_user(token)
    _, first = RevokedToken.objects.get_or_create(id=token["jti"], defaults=_row(user, token, Reason.ROTATED))
    if not first:
        revoke(user, token, Reason.REUSED)
        raise TokenRefused()
    return issue(user, token["fam"])


def parse_refresh(text: str) -> RefreshToken:
    """A refresh token of ours whose time is not over. Raises TokenRefused."""
    try:
        token = RefreshToken(text)  # type: ignore[arg-type]  # the stub wants a Token, the class takes the text
        token["fam"], token["gen"], token["user_id"]
    except (TokenError, KeyError) as error:
        raise TokenRefused() from error
    return token


def revoke(user: User, token: Token, reason: Reason = Reason.LOGOUT) -> None:
    """Refuse this token, and everything of its sign-in, from now on."""
    until = clock.wall() + RefreshToken.lifetime  # no later token of the family can live longer
    rows = [RevokedToken(id=token["jti"], **_row(user, token, reason))]
    rows.append(RevokedToken(id=token["fam"], **_row(user, token, reason) | {"expires_at": until}))
    RevokedToken.objects.bulk_create(rows, ignore_conflicts=True)
    _remember([token["jti"], token["fam"]], until)


def load_user(token: Token) -> User:
    """The account of a valid token, with its preferences, in one statement. Raises TokenRefused."""
    try:
        ids, user_id, digest = [token["jti"], token["fam"]], token["user_id"], token["gen"]
    except KeyError as error:
        raise TokenRefused() from error
    if cache.get_many(_keys(ids)):
        raise TokenRefused()
    accounts = User.objects.select_related("preference_row")
    accounts = accounts.annotate(token_revoked=Exists(RevokedToken.objects.filter(pk__in=ids)))
    try:
        user = accounts.get(pk=user_id)
    except (User.DoesNotExist, ValidationError) as error:
        raise TokenRefused() from error
    if user.token_revoked:
        _refuse_revoked(user, token)
    if not user.may_sign_in or not constant_time_compare(digest, _digest(user)):
        raise TokenRefused()
    return user


def forget_expired() -> int:
    """Delete what would be refused for its age anyway; how many rows."""
    deleted, _ = RevokedToken.objects.filter(expires_at__lte=clock.wall()).delete()
    return deleted


def _refuse_revoked(user: User, token: Token) -> None:
    known = {row.pk: row for row in RevokedToken.objects.filter(pk__in=[token["jti"], token["fam"]])}
    if token["fam"] not in known and known[token["jti"]].reason == Reason.ROTATED:
        logger.warning("a used refresh token came again: its sign-in is ended", user_id=str(user.pk))
        revoke(user, token, Reason.REUSED)
    for row in known.values():
        _remember([row.pk], row.expires_at)
    raise TokenRefused()


def _digest(user: User) -> str:
    return user.get_session_auth_hash()[:DIGEST_LENGTH]


def _row(user: User, token: Token, reason: Reason) -> dict[str, Any]:
    return {"user": user, "reason": reason, "revoked_at": clock.wall(), "expires_at": _expiry(token)}


def _expiry(token: Token) -> dt.datetime:
    return dt.datetime.fromtimestamp(token["exp"], dt.UTC)


def _keys(ids: Iterable[str]) -> list[str]:
    return [f"revoked-token:{token_id}" for token_id in ids]


def _remember(ids: Iterable[str], until: dt.datetime) -> None:
    """Only after commit: the cache must not know what the database takes back."""
    seconds = int((until - clock.wall()).total_seconds()) + 1
    keys = dict.fromkeys(_keys(ids), 1)
    transaction.on_commit(lambda: cache.set_many(keys, seconds))
