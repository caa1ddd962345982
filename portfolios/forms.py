"""The forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from .accounts import PASSWORD_MAX, register
from .models import Preference, ScheduledRun, User
from .preferences import FIELDS, save_preferences

EMAIL_MAX = 254


class PasswordInput(forms.CharField):
    """A password: never shown again, spaces count, at most 1,000 characters."""

    def __init__(self, label: str, autocomplete: str) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(label=label, strip=False, max_length=PASSWORD_MAX, widget=widget)


class LoginForm(AuthenticationForm):
    """Name or e-mail address, and password."""

    password = PasswordInput("Password", "current-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name or e-mail"
        self.fields["username"].max_length = EMAIL_MAX  # type: ignore[attr-defined]
        self.fields["username"].validators = [forms.CharField(max_length=EMAIL_MAX).validators[0]]
        self.fields["username"].widget.attrs |= {"maxlength": EMAIL_MAX, "autocomplete": "username"}


class RegisterForm(forms.Form):
    """A new account. `save` is called by the view; what it refuses lands beside the field."""

    username = forms.CharField(label="User name", max_length=150, help_text="Letters, digits and . + - _")
    email = forms.EmailField(label="E-mail", max_length=EMAIL_MAX)
    password = PasswordInput("Password", "new-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "autofocus": True}
        self.fields["email"].widget.attrs["autocomplete"] = "email"

    def save(self) -> User | None:
        """The new account; None, with the reasons on the form, when it is refused."""
        try:
            return register(**self.cleaned_data)
        except ValidationError as error:
            for field, reasons in error.message_dict.items():
                self.add_error(field, reasons)
            return None


class ConfirmForm(forms.Form):
    """The account's present password, for what cannot be undone. Wrong ones count towards the lockout."""

    password = PasswordInput("Present password", "current-password")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        """Asked of the same backends as at the login."""
        password: str = self.cleaned_data["password"]
        user = self.request.user
        if authenticate(self.request, username=user.get_username(), password=password) != user:
            raise ValidationError("This is not your present password.")
        return password


class ChangePasswordForm(ConfirmForm):
    """The present password and the new one."""

    new_password = PasswordInput("New password", "new-password")

    def clean_new_password(self) -> str:
        """Judged with name and address in mind."""
        password: str = self.cleaned_data["new_password"]
        validate_password(password, self.request.user)  # type: ignore[arg-type]  # the page asks who is signed in
        return password


class ResetForm(PasswordResetForm):
    """Where to send the link. The answer is the same for every address."""

    def get_users(self, email: str) -> QuerySet[User]:
        """The living account of the address. Demo accounts get no mail."""
        return User.objects.filter(
            email=User.objects.normalize_email(email), deleted_at__isnull=True, is_active=True, is_demo=False
        )


class PreferenceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The settings page."""

    watched_runs = forms.MultipleChoiceField(
        label="Analyses that matter to you",
        choices=ScheduledRun.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Preference
        fields = FIELDS
        labels = {
            "zone": "Your time zone",
            "refresh_after_min": "Offer a refresh after (minutes)",
            "auto_refresh": "Refresh by itself at that age",
            "flashes": "A card lights up when its colour changes",
            "quiet_from": "Quiet from",
            "quiet_until": "Quiet until",
            "quiet_zone": "Time zone of the quiet hours",
        }
        widgets = {
            "palette": forms.RadioSelect,
            "theme": forms.RadioSelect,
            "zone": forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
            "quiet_zone": forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
            "quiet_from": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "quiet_until": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        }

    def store(self, user: User) -> Preference:
        """Write the choices, which are valid."""
        return save_preferences(user, self.cleaned_data)
