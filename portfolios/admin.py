"""Accounts on the operator's desk."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin

from .models import User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Django's own account page with the demonstration flag."""

    list_display = ("username", "email", "is_staff", "is_demo", "is_active", "last_login")
    list_filter = ("is_staff", "is_demo", "is_active")
    fieldsets = (*(DjangoUserAdmin.fieldsets or ()), ("Demonstration", {"fields": ("is_demo", "deleted_at")}))
    readonly_fields = ("deleted_at",)
