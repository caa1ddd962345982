"""Accounts on the operator's desk: who is locked out, deleted, a demo; every action is a service's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest

from sentiment_site.jobs.admin import EvidenceAdmin
from sentiment_site.jobs.paging import EstimatePaginator
from sentiment_site.market import clock

from . import accounts, lockout
from .models import RevokedToken, User
from .models.users import EMAIL_TAKEN, NAME_TAKEN
from .selectors import find_account

PERMISSION_FIELDS = ("is_staff", "is_superuser", "groups", "user_permissions")
EVIDENCE_FIELDS = (
    "is_active",
    "is_demo",
    "copied_from",
    "expires_at",
    "last_seen_at",
    "sign_out_count",
    "deleted_at",
    "last_login",
    "date_joined",
)


class QuestionFilter(admin.SimpleListFilter):
    """A filter whose choices are the answers to a question: value -> (words, condition)."""

    answers: dict[str, tuple[str, Q]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The answers in words."""
        return [(value, words) for value, (words, _) in self.answers.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """The accounts of the chosen answer."""
        chosen = self.answers.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class WhoIsIt(QuestionFilter):
    """People, operators, demos."""

    title = "Who is it"
    parameter_name = "who"
    answers = {
        "people": ("a person", Q(is_demo=False)),
        "operators": ("an operator", Q(is_staff=True)),
        "demos": ("a demo account", Q(is_demo=True, copied_from__isnull=True)),
        "copies": ("a visitor's copy of a demo", Q(copied_from__isnull=False)),
    }


class MayItSignIn(admin.SimpleListFilter):
    """Why somebody cannot sign in: the first question of every call for help."""

    title = "May it sign in"
    parameter_name = "sign_in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The reasons."""
        return [
            ("yes", "yes"),
            ("locked_out", "no: locked out after failures"),
            ("off", "no: switched off by an operator"),
            ("deleted", "no: deleted"),
            ("over", "no: a demo copy that is over"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """The accounts of the chosen reason."""
        over = Q(expires_at__lte=clock.wall())
        locked = Q(pk__in=User.objects.alias(small=Lower("username")).filter(small__in=lockout.locked_names()))
        locked &= Q(deleted_at__isnull=True)
        reasons = {
            "yes": Q(is_active=True, deleted_at__isnull=True) & ~over & ~locked,
            "locked_out": locked,
            "off": Q(is_active=False, deleted_at__isnull=True),
            "deleted": Q(deleted_at__isnull=False),
            "over": over,
        }
        chosen = reasons.get(self.value() or "")
        return queryset.filter(chosen) if chosen is not None else queryset


class FreeNames:
    """For forms of an account: names and addresses of living accounts are taken, capitals aside."""

    instance: User
    cleaned_data: dict[str, Any]

    def clean_username(self) -> str:
        """ValidationError when another living account has it."""
        return self._free("username", NAME_TAKEN)

    def clean_email(self) -> str:
        """Likewise."""
        return self._free("email", EMAIL_TAKEN)

    def _free(self, field: str, refusal: str) -> str:
        value: str = self.cleaned_data[field]
        other = find_account(value) if value else None
        if other is not None and other.pk != self.instance.pk:
            raise ValidationError(refusal)
        return value


class AddAccountForm(FreeNames, BaseUserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    """A new account: name, address, password."""

    class Meta:
        model = User
        fields = ("username", "email")


class ChangeAccountForm(FreeNames, UserChangeForm):  # type: ignore[type-arg]  # not generic at run time
    """An account that is there."""


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Accounts. Nothing is deleted here: deleting is an action that can be taken back."""

    form = ChangeAccountForm
    add_form = AddAccountForm
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "email", "password1", "password2")}),)
    list_display = ("username", "email", "is_staff", "is_demo", "is_active", "last_login", "deleted_at")
    list_filter = (WhoIsIt, MayItSignIn)
    list_select_related = False
    search_fields = ("username", "email")
    show_full_result_count = False
    paginator = EstimatePaginator
    actions = ("restore_selected", "lock_selected", "unlock_selected", "sign_out_selected", "close_selected")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": PERMISSION_FIELDS}),
        ("Facts", {"fields": EVIDENCE_FIELDS}),
    )
    readonly_fields = EVIDENCE_FIELDS

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only superusers hand out rights: else the right to edit accounts would be every right."""
        return EVIDENCE_FIELDS if request.user.is_superuser else (*EVIDENCE_FIELDS, *PERMISSION_FIELDS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser's account is changed by superusers only."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows stay, see the action."""
        return False

    @admin.action(description="Restore deleted accounts", permissions=["change"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Bring them back where their names are still free."""
        self._each(request, queryset.filter(deleted_at__isnull=False), accounts.restore_account, "Restored")

    @admin.action(description="Lock: nobody signs in", permissions=["change"])
    def lock_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Switch them off; their sessions and tokens end."""
        self._each(request, queryset, accounts.lock_account, "Locked")

    @admin.action(description="Unlock, and forget failed attempts", permissions=["change"])
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Switch them on."""
        self._each(request, queryset, accounts.unlock_account, "Unlocked")

    @admin.action(description="Sign out everywhere", permissions=["change"])
    def sign_out_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End their sessions and tokens."""
        self._each(request, queryset, accounts.sign_out_everywhere, "Signed out everywhere")

    @admin.action(description="Delete (can be restored)", permissions=["change"])
    def close_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete softly; names and addresses are free again."""
        self._each(request, queryset.filter(deleted_at__isnull=True), accounts.close_account, "Deleted")

    def _each(self, request: HttpRequest, queryset: QuerySet[User], service: Callable[[User], Any], done: str) -> None:
        """Do it to each that this operator may change, say what was refused, and write it into the log of changes."""
        for user in queryset:
            if not self.has_change_permission(request, user):
                self.message_user(request, f"{user}: only superusers change a superuser.", messages.ERROR)
                continue
            try:
                service(user)
            except ValidationError as error:
                self.message_user(request, f"{user}: {' '.join(error.messages)}", messages.ERROR)
            else:
                self.log_change(request, user, f"{done}.")
                self.message_user(request, f"{user}: {done.lower()}.", messages.SUCCESS)


@admin.register(AccessAttempt)
class FailedAttemptAdmin(EvidenceAdmin):
    """Failed sign-ins that still count towards a lockout."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "locks", "path_info")
    ordering = ("-attempt_time",)
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "user_agent", "path_info", "attempt_time", "failures_since_start")

    @admin.display(boolean=True, description="locks")
    def locks(self, attempt: Any) -> bool:
        """Whether these failures alone lock the account from this address."""
        return bool(attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT)


@admin.register(RevokedToken)
class RevokedTokenAdmin(EvidenceAdmin):
    """Tokens that are refused before their time."""

    list_display = ("id", "user", "reason", "revoked_at", "expires_at")
    list_select_related = ("user",)
    ordering = ("-revoked_at",)


# The desk of the books, which uses the filters above.
from . import book_admin, measure_admin  # noqa: E402, F401
