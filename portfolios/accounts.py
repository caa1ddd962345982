"""What happens to accounts: register, delete, restore, lock, sign out everywhere. Every change goes through here."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from sentiment_site.market import clock

from . import lockout
from .models import User
from .models.users import EMAIL_TAKEN, NAME_TAKEN
from .selectors import find_account

RESERVED_PREFIX = "demo_"
PASSWORD_MAX = 1_000
DEMO_REFUSAL = "This is a demo account: its password, address and existence are not its user's to change."
TAKEN = {
    "user_username_unique_while_alive": {"username": NAME_TAKEN},
    "user_email_unique_while_alive": {"email": EMAIL_TAKEN},
}


def register(username: str, email: str, password: str) -> User:
    """A new account. ValidationError by field: name or address taken or malformed, password too weak."""
    user = User(username=username, email=User.objects.normalize_email(email))
    problems: dict[str, list[str]] = {}
    for check in (partial(_check_fields, user), partial(_check_password, user, password)):
        try:
            check()
        except ValidationError as error:
            problems |= error.message_dict
    if problems:
        raise ValidationError(problems)
    user.set_password(password)
    _save(user)
    return user


def check_changeable(user: User) -> None:
    """ValidationError for a demo account, which its user may not change, close or take out of the demo."""
    if user.is_demo:
        raise ValidationError(DEMO_REFUSAL, code="demo_account")


def change_password(user: User, password: str) -> None:
    """Set a password that was validated before. Other sessions and all tokens end. ValidationError for a demo."""
    check_changeable(user)
    user.set_password(password)
    user.save(update_fields=["password"])
    lockout.reset(user.username)


def sign_out_everywhere(user: User) -> None:
    """Void every session and every token of the account, this moment's included."""
    User.objects.filter(pk=user.pk).update(sign_out_count=F("sign_out_count") + 1)
    user.refresh_from_db(fields=["sign_out_count"])


def close_account(user: User) -> None:
    """Delete the account softly: nobody signs in with it, name and address are free. ValidationError for a demo."""
    check_changeable(user)
    _close(user)


@transaction.atomic
def _close(user: User) -> None:
    User.objects.filter(pk=user.pk, deleted_at__isnull=True).update(deleted_at=clock.wall())
    sign_out_everywhere(user)
    user.refresh_from_db(fields=["deleted_at"])


def restore_account(user: User) -> None:
    """Bring a deleted account back. ValidationError when somebody else has its name or address by now."""
    deleted_at, user.deleted_at = user.deleted_at, None
    try:
        _save(user, ["deleted_at"])
    except ValidationError:
        user.deleted_at = deleted_at
        raise


def lock_account(user: User) -> None:
    """Switch an account off until an operator unlocks it; its sessions and tokens end."""
    User.objects.filter(pk=user.pk).update(is_active=False)
    sign_out_everywhere(user)


def unlock_account(user: User) -> None:
    """Switch it on again, and forget its failed attempts."""
    User.objects.filter(pk=user.pk).update(is_active=True)
    lockout.reset(user.username)


def _check_fields(user: User) -> None:
    user.clean()
    user.clean_fields(exclude=["password"])
    problems: dict[str, str] = {}
    if not user.email:
        problems["email"] = "An e-mail address is needed: it is how a forgotten password is replaced."
    elif find_account(user.email):
        problems["email"] = EMAIL_TAKEN
    if user.username.lower().startswith(RESERVED_PREFIX) or find_account(user.username):
        problems["username"] = NAME_TAKEN
    if problems:
        raise ValidationError(problems)


def _check_password(user: User, password: str) -> None:
    try:
        if len(password) > PASSWORD_MAX:
            raise ValidationError(f"At most {PASSWORD_MAX} characters.")
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error


def _save(user: User, fields: list[str] | None = None) -> None:
    """Two people may ask for one name in the same moment: the database decides, and the second is told why."""
    try:
        with transaction.atomic():
            user.save(update_fields=fields)
    except IntegrityError as error:
        for constraint, problem in TAKEN.items():
            if constraint in str(error):
                raise ValidationError(problem) from error
        raise
