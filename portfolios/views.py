"""The account pages: plain forms, each refusal beside its field. Permission first, then the rate, then the form."""

from __future__ import annotations

import copy
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth import views as django_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from . import accounts, demo
from .forms import ChangePasswordForm, ConfirmForm, LoginForm, PreferenceForm, RegisterForm, ResetForm
from .models import User
from .models.preferences import list_zones
from .throttles import AuthThrottle, DemoThrottle, throttled

BACKEND = "portfolios.backends.AccountBackend"
SECONDS_PER_HOUR = 3600
limited = method_decorator(throttled(AuthThrottle), name="dispatch")


@limited
class Login(django_views.LoginView):
    """Name or e-mail address and password; in the demo also its accounts, one click each."""

    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The demo's accounts, and whether strangers may register."""
        shown = {"demos": demo.DEMOS if settings.DEMO else (), "registration": settings.REGISTRATION}
        return super().get_context_data(**kwargs) | shown


class Logout(django_views.LogoutView):
    """Ends the session, and with it a visitor's copy, to which nobody could come back."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Log out."""
        visitor = request.user if isinstance(request.user, User) and request.user.is_copy else None
        response = super().post(request, *args, **kwargs)
        if visitor is not None:
            demo.close_copy(visitor)
        return response


@sensitive_post_parameters("password")
@never_cache
@throttled(AuthThrottle)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A new account, signed in at once. 404 where REGISTRATION is off."""
    if not settings.REGISTRATION:
        raise Http404("Accounts are made by the operators.")
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        if user is not None:
            login(request, user, backend=BACKEND)
            return redirect(next_address(request))
    context = {"form": form, "next": request.POST.get("next", request.GET.get("next", ""))}
    return render(request, "registration/register.html", context)


@require_POST
@throttled(DemoThrottle)
def enter_demo(request: HttpRequest, name: str) -> HttpResponse:
    """A visitor's own copy of a demo account. 404 outside of the demo. Who has an account stays signed in to it."""
    chosen = demo.DEMO_BY_NAME.get(name)
    if not settings.DEMO or chosen is None:
        raise Http404("There is no such demo.")
    visitor = request.user
    if isinstance(visitor, User) and not visitor.is_copy:
        messages.info(request, "You are signed in: log out first to look at a demo account.")
        return redirect(settings.LOGIN_REDIRECT_URL)
    try:
        own = demo.open_copy(chosen)
    except User.DoesNotExist as error:
        raise Http404("The demo accounts were not made yet.") from error
    login(request, own, backend=BACKEND)
    request.session.set_expiry(int(settings.DEMO_COPY_HOURS * SECONDS_PER_HOUR))
    if isinstance(visitor, User):
        demo.close_copy(visitor)
    return redirect(next_address(request))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Look, time, quiet hours, and what can be done with the account."""
    user = _account(request)
    # a copy: what a refused form holds must not be shown as chosen
    form = PreferenceForm(request.POST or None, instance=copy.copy(user.preferences))
    if request.method == "POST" and form.is_valid():
        form.store(user)
        messages.success(request, "Saved.")
        return redirect("people:settings")
    return render(request, "portfolios/settings.html", {"form": form, "zones": list_zones()})


@sensitive_post_parameters("password", "new_password")
@login_required
@never_cache
@throttled(AuthThrottle)
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """This session stays, every other and all tokens end."""
    user = _changeable(request)
    form = ChangePasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.change_password(user, form.cleaned_data["new_password"])
        update_session_auth_hash(request, user)
        messages.success(request, "The password is changed. Other sessions and all tokens have ended.")
        return redirect("people:settings")
    return render(request, "registration/change_password.html", {"form": form})


@login_required
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Every session and token of the account ends, this one too."""
    accounts.sign_out_everywhere(_account(request))
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return redirect(settings.LOGIN_URL)


@sensitive_post_parameters("password")
@login_required
@never_cache
@throttled(AuthThrottle)
@require_http_methods(["GET", "HEAD", "POST"])
def close_account(request: HttpRequest) -> HttpResponse:
    """Delete one's own account, with its password."""
    user = _changeable(request)
    form = ConfirmForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.close_account(user)
        logout(request)
        messages.success(request, "Your account is deleted.")
        return redirect(settings.LOGIN_URL)
    return render(request, "registration/close_account.html", {"form": form})


@limited
class PasswordReset(django_views.PasswordResetView):
    """Asks for the address; says the same for every one."""

    form_class = ResetForm
    template_name = "registration/reset.html"
    email_template_name = "registration/reset_email.txt"
    subject_template_name = "registration/reset_subject.txt"
    success_url = reverse_lazy("people:password-reset-sent")


class PasswordResetSent(django_views.PasswordResetDoneView):
    """What happens next."""

    template_name = "registration/reset_sent.html"


class ResetPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # not generic at run time
    """The new password of who has the link."""

    def save(self, commit: bool = True) -> User:
        """Ends every session and token, and the lockout."""
        user: User = self.user
        accounts.change_password(user, self.cleaned_data["new_password1"])
        return user


@limited
class PasswordResetConfirm(django_views.PasswordResetConfirmView):
    """The link of the mail: works once, until the next sign-in, for PASSWORD_RESET_TIMEOUT seconds."""

    form_class = ResetPasswordForm
    template_name = "registration/reset_confirm.html"
    success_url = reverse_lazy("login")

    def get_user(self, uidb64: str) -> User | None:
        """Not of a deleted, switched-off or demo account."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.may_sign_in and not user.is_demo else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Says so on the login page."""
        response = super().form_valid(form)
        messages.success(self.request, "The password is set. Log in with it.")
        return response


def next_address(request: HttpRequest) -> str:
    """Where to go after signing in: `next`, if it is an address of this site, else the first page."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if asked and safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def _account(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def _changeable(request: HttpRequest) -> User:
    user = _account(request)
    try:
        accounts.check_changeable(user)
    except ValidationError as error:
        raise PermissionDenied(error.message) from error
    return user
