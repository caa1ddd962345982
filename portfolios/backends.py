"""Who an account's name or address and password are, and who a session belongs to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from .models import User
from .selectors import find_account


class AccountBackend(ModelBackend):
    """Sign-in by name or e-mail address. Only who may sign in keeps a session."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The account, or None. An unknown name takes as long as a wrong password: the hasher runs once either way."""
        if username is None or password is None:
            return None
        user = find_account(username)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: AbstractBaseUser | AnonymousUser | None) -> bool:
        """Not the deleted, the switched off and the expired."""
        return isinstance(user, User) and user.may_sign_in

    def get_user(self, user_id: Any) -> User | None:
        """The session's account together with its preferences, in one statement; None ends the session."""
        user = User.objects.select_related("preference_row").filter(pk=user_id).first()
        return user if user is not None and user.may_sign_in else None
