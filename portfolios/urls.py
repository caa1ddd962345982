"""Addresses of the account pages, at the root."""

from django.urls import path

from . import views

app_name = "people"

urlpatterns = [
    path("register/", views.register, name="register"),
    path("settings/", views.preferences, name="settings"),
    path("account/password/", views.change_password, name="change-password"),
    path("account/sign-out-everywhere/", views.sign_out_everywhere, name="sign-out-everywhere"),
    path("account/close/", views.close_account, name="close-account"),
    path("password-reset/", views.PasswordReset.as_view(), name="password-reset"),
    path("password-reset/sent/", views.PasswordResetSent.as_view(), name="password-reset-sent"),
    path("password-reset/<uidb64>/<token>/", views.PasswordResetConfirm.as_view(), name="password-reset-confirm"),
    path("demo/<slug:name>/", views.enter_demo, name="demo"),
]
