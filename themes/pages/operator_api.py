"""What operators decide about themes through the JSON API: confirm, rename, merge, retire, each with a reason."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError as Refused
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from .actions import act, may_operate
from .api import ThemesView
from .serializers import MergeSerializer, ReasonSerializer, RenameSerializer, ThemeSerializer


class MayOperate(BasePermission):
    """Those with the right to change themes."""

    message = "Only operators decide about themes."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Asked of the account."""
        return may_operate(request.user)


class ActionView(ThemesView):
    """Something that an operator does to a theme."""

    permission_classes = (IsAuthenticated, MayOperate)
    allowed = ()

    def perform(self, request: Request, theme_id: uuid.UUID, name: str, asked: type[ReasonSerializer]) -> Response:
        """The theme afterwards; 400 naming the field that is wrong."""
        self.known(theme_id)
        given = asked(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            act(name, theme_id, given.validated_data, request.user)
        except Refused as error:
            raise ValidationError(error.message_dict) from error
        return Response(ThemeSerializer(self.known(theme_id)).data)


class ConfirmView(ActionView):
    """It is real."""

    @extend_schema(operation_id="themes_confirm", summary="Confirm a theme (operators)",
                   request=ReasonSerializer, responses=ThemeSerializer)  # fmt: skip
    def post(self, request: Request, theme_id: uuid.UUID) -> Response:
        """Active whatever its confidence."""
        return self.perform(request, theme_id, "confirm", ReasonSerializer)


class RenameView(ActionView):
    """A name for people."""

    @extend_schema(operation_id="themes_rename", summary="Rename a theme (operators)",
                   request=RenameSerializer, responses=ThemeSerializer)  # fmt: skip
    def post(self, request: Request, theme_id: uuid.UUID) -> Response:
        """The detected name is kept."""
        return self.perform(request, theme_id, "rename", RenameSerializer)


class MergeView(ActionView):
    """It is part of another one."""

    @extend_schema(operation_id="themes_merge", summary="Merge a theme into another (operators)",
                   request=MergeSerializer, responses=ThemeSerializer)  # fmt: skip
    def post(self, request: Request, theme_id: uuid.UUID) -> Response:
        """It ends; its evidence and past stay."""
        return self.perform(request, theme_id, "merge", MergeSerializer)


class RetireView(ActionView):
    """It is no theme."""

    @extend_schema(operation_id="themes_retire", summary="Retire a theme (operators)",
                   request=ReasonSerializer, responses=ThemeSerializer)  # fmt: skip
    def post(self, request: Request, theme_id: uuid.UUID) -> Response:
        """It is not opened again for 72 hours."""
        return self.perform(request, theme_id, "retire", ReasonSerializer)
