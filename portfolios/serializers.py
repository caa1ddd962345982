"""Shapes of the people's API."""

from __future__ import annotations

from rest_framework import serializers

from .accounts import PASSWORD_MAX
from .models import Preference, User
from .preferences import FIELDS

LOGIN_MAX = 254
TOKEN_MAX = 4_000


class SignInSerializer(serializers.Serializer[None]):
    """Name or e-mail address, and password."""

    username = serializers.CharField(max_length=LOGIN_MAX, help_text="User name or e-mail address.")
    password = serializers.CharField(max_length=PASSWORD_MAX, trim_whitespace=False, write_only=True)


class RegisterSerializer(serializers.Serializer[None]):
    """A new account."""

    username = serializers.CharField(max_length=150, help_text="Letters, digits and . + - _")
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=PASSWORD_MAX, trim_whitespace=False, write_only=True)


class RefreshSerializer(serializers.Serializer[None]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=TOKEN_MAX)


class LogoutSerializer(serializers.Serializer[None]):
    """What to end besides the token or session of the request."""

    refresh = serializers.CharField(max_length=TOKEN_MAX, required=False, help_text="A refresh token to end as well.")
    everywhere = serializers.BooleanField(default=False, help_text="End every session and token of the account.")


class TokenPairSerializer(serializers.Serializer[None]):
    """Tokens of a sign-in."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.CharField(default="Bearer")
    expires_in = serializers.IntegerField(help_text="Seconds the access token lives.")


class AccountSerializer(serializers.ModelSerializer[User]):
    """The account that asks."""

    name = serializers.CharField(source="shown_name", help_text="As shown on pages.")

    class Meta:
        model = User
        fields = ("id", "username", "name", "email", "is_demo", "is_staff", "date_joined", "expires_at")
        read_only_fields = fields


class PreferenceSerializer(serializers.ModelSerializer[Preference]):
    """Choices of an account; services judge them."""

    class Meta:
        model = Preference
        fields = FIELDS
