"""Shapes of the books' API. Money and quantities are exact decimals as text; fractions, not percent points."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from .books.cash import LARGEST_FLOW, OWN_CHOICES
from .books.positions import LARGEST_FEES
from .models import CashFlow, Funding, ImportBatch, Portfolio, PortfolioSnapshot, Position, PositionType, Tag
from .valuation.selectors import COLUMNS

PRICED = (
    "last_price",
    "last_price_at",
    "last_price_source",
    "market_value",
    "unrealized_pnl",
    "unrealized_pnl_pct",
)


def _money(**options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=15, decimal_places=2, **options)


class PortfolioSerializer(serializers.Serializer[Any]):
    """A book in money. With `as_of` what the newest snapshot of then says; what it does not is null."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    cash = _money(help_text="With the proceeds of what is owed; negative is borrowed.")
    long_value = _money(allow_null=True)
    short_value = _money(allow_null=True, help_text="A magnitude.")
    gross_exposure = _money(allow_null=True)
    net_exposure = _money(allow_null=True)
    total_value = _money(allow_null=True, help_text="cash + long - short.")
    capital = _money(allow_null=True, help_text="Deposits less withdrawals, and positions brought along at cost.")
    realized_pnl = _money(allow_null=True)
    unrealized_pnl = _money(allow_null=True)
    income = _money(allow_null=True, help_text="Dividends and interest.")
    fees = _money(allow_null=True)
    total_pnl = _money(allow_null=True, help_text="total_value less capital.")
    open_positions = serializers.IntegerField(allow_null=True)
    closed_positions = serializers.IntegerField(allow_null=True)
    unpriced = serializers.IntegerField(allow_null=True, help_text="Open positions that stand at their entry price.")
    priced_at = serializers.DateTimeField(allow_null=True, help_text="When the oldest price in it was made.")
    snapshot_date = serializers.DateField(allow_null=True, help_text="With as_of: the day of the snapshot.")


class PortfolioChangeSerializer(serializers.Serializer[Portfolio]):
    """A new name, or the amount that the cash is to be; the difference becomes a deposit or withdrawal of today."""

    name = serializers.CharField(max_length=255, required=False)
    cash = _money(required=False)


class PositionSerializer(serializers.ModelSerializer[Position]):
    """A position as it stands."""

    tags = serializers.SerializerMethodField()
    sector = serializers.SerializerMethodField(help_text="Key of the sector of its underlying, null where unknown.")

    class Meta:
        model = Position
        fields = (
            "id",
            "symbol",
            "underlying_symbol",
            "sector",
            "position_type",
            "quantity",
            "multiplier",
            "deliverable_shares",
            "deliverable_cash",
            "deliverable_note",
            "expiration_date",
            "strike_price",
            "option_type",
            "entry_price",
            "entry_date",
            "funding",
            "cost_basis",
            *PRICED,
            "closed_on",
            "closing_price",
            "closing_reason",
            "realized_pnl",
            "part_of",
            "tags",
            "note",
            "created_at",
            "updated_at",
            "deleted_at",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_tags(self, position: Position) -> list[str]:
        """Names, by name."""
        fetched = getattr(position, "living_tags", None)
        tags = position.tags.filter(deleted_at__isnull=True) if fetched is None else fetched
        return sorted((tag.name for tag in tags), key=str.lower)

    @extend_schema_field({"type": "string", "nullable": True})
    def get_sector(self, position: Position) -> str | None:
        """From the view's map."""
        sectors: dict[Any, str] = self.context.get("sectors", {})
        return sectors.get(position.pk)

    def to_representation(self, instance: Position) -> dict[str, Any]:
        """A look back has no prices of now: those of a day are in its snapshot."""
        shown = super().to_representation(instance)
        return shown | dict.fromkeys(PRICED) if self.context.get("past") else shown


class PositionChangeSerializer(serializers.Serializer[Position]):
    """What can be corrected; only what is named changes."""

    symbol = serializers.CharField(max_length=40, required=False, help_text="Ticker, or an option in any real form.")
    position_type = serializers.ChoiceField(choices=PositionType.choices, required=False)
    quantity = serializers.DecimalField(max_digits=15, decimal_places=4, required=False)
    entry_price = serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=0, required=False, help_text="Per share or point of premium."
    )
    entry_date = serializers.DateField(required=False)
    funding = serializers.ChoiceField(choices=Funding.choices, required=False)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    multiplier = serializers.DecimalField(max_digits=10, decimal_places=4, required=False)
    deliverable_shares = serializers.DecimalField(max_digits=12, decimal_places=4, required=False)
    deliverable_cash = _money(required=False)
    deliverable_note = serializers.CharField(max_length=255, required=False, allow_blank=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=20, help_text="All of them, by name."
    )


class PositionCreateSerializer(PositionChangeSerializer):
    """A new position. Without a type the quantity's sign says long or short."""

    symbol = serializers.CharField(max_length=40, help_text="Ticker, or an option in any real form.")
    quantity = serializers.DecimalField(max_digits=15, decimal_places=4)
    entry_price = serializers.DecimalField(max_digits=12, decimal_places=4, min_value=0)
    entry_date = serializers.DateField()
    fees = serializers.DecimalField(max_digits=9, decimal_places=2, min_value=0, max_value=LARGEST_FEES, required=False)
    as_traded = serializers.BooleanField(
        default=False, help_text="Numbers are those of the entry date: splits since then are applied to them."
    )


class ClosingSerializer(serializers.Serializer[Position]):
    """How a position, or a part of it, was closed."""

    price = serializers.DecimalField(max_digits=12, decimal_places=4, min_value=0)
    quantity = serializers.DecimalField(
        max_digits=15,
        decimal_places=4,
        required=False,
        help_text="Default: all of it. A part becomes its own row.",
    )
    date = serializers.DateField(required=False, help_text="Default: today in New York.")
    fees = serializers.DecimalField(max_digits=9, decimal_places=2, min_value=0, max_value=LARGEST_FEES, required=False)


class TagSerializer(serializers.ModelSerializer[Tag]):
    """A tag; services judge it."""

    class Meta:
        model = Tag
        fields = ("id", "name", "tag_type", "color", "usage_count", "created_at", "updated_at", "deleted_at")
        read_only_fields = ("id", "usage_count", "created_at", "updated_at", "deleted_at")


class CashFlowSerializer(serializers.ModelSerializer[CashFlow]):
    """A change of the book's money."""

    symbol = serializers.SerializerMethodField(help_text="Of the position that made it.")

    class Meta:
        model = CashFlow
        fields = (
            "id",
            "kind",
            "leg",
            "flowed_on",
            "amount",
            "in_kind",
            "position",
            "symbol",
            "note",
            "created_at",
            "updated_at",
            "deleted_at",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "string", "nullable": True})
    def get_symbol(self, flow: CashFlow) -> str | None:
        """The position's."""
        return flow.position.symbol if flow.position else None


class FlowChangeSerializer(serializers.Serializer[CashFlow]):
    """Money that came or went: positive for deposits, withdrawals and fees, signed for dividends and interest."""

    kind = serializers.ChoiceField(choices=OWN_CHOICES, required=False)
    amount = _money(required=False, max_value=LARGEST_FLOW)
    flowed_on = serializers.DateField(required=False)
    note = serializers.CharField(max_length=255, required=False, allow_blank=True)


class FlowCreateSerializer(FlowChangeSerializer):
    """A new one; the day is today unless it is named."""

    kind = serializers.ChoiceField(choices=OWN_CHOICES)
    amount = _money(max_value=LARGEST_FLOW)


class SnapshotSerializer(serializers.ModelSerializer[PortfolioSnapshot]):
    """A day: total_value = total_value of the day before + flows + daily_pnl, to the cent."""

    class Meta:
        model = PortfolioSnapshot
        fields = (*COLUMNS, "as_of", "recorded_at")
        read_only_fields = fields


class ImportOptionsSerializer(serializers.Serializer[ImportBatch]):
    """How a file is read."""

    preset = serializers.CharField(
        max_length=20, required=False, allow_blank=True, help_text="Whose file it is; default: told by its header."
    )
    mapping = serializers.DictField(
        child=serializers.CharField(max_length=2000),
        required=False,
        help_text="Own columns: symbol, quantity, price, date and tags to the names that the file has for them.",
    )
    day_first = serializers.BooleanField(required=False)
    decimal_comma = serializers.BooleanField(required=False)
    skip_rows = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=10_000_000),
        required=False,
        max_length=5_000,
        help_text="Rows to leave out, as a spreadsheet numbers them.",
    )
    funding = serializers.ChoiceField(
        choices=Funding.choices,
        required=False,
        help_text="transfer (default): what is owned is capital brought along. trade: cash pays for it.",
    )


class UploadSerializer(ImportOptionsSerializer):
    """A file, as multipart/form-data; `mapping` is then a JSON object as text."""

    file = serializers.FileField(allow_empty_file=True, max_length=1000)
    mapping = serializers.JSONField(required=False, help_text="A JSON object, see the change of options.")  # type: ignore[assignment]


class ImportBatchSerializer(serializers.ModelSerializer[ImportBatch]):
    """A file in short."""

    class Meta:
        model = ImportBatch
        fields = (
            "id",
            "file_name",
            "size",
            "sha256",
            "preset",
            "state",
            "rows",
            "problems",
            "duplicates",
            "created_count",
            "job_run_id",
            "created_at",
            "ended_at",
        )
        read_only_fields = fields


@extend_schema_field(OpenApiTypes.OBJECT)
class _Object(serializers.JSONField):
    """Documented as an object; see the example."""


class ImportPreviewSerializer(serializers.ModelSerializer[ImportBatch]):
    """A file with what would be entered, and each row that cannot be, with number, field and reason."""

    options = _Object()
    preview = _Object()

    class Meta:
        model = ImportBatch
        fields = (*ImportBatchSerializer.Meta.fields, "options", "preview")
        read_only_fields = fields


class PresetSerializer(serializers.Serializer[Any]):
    """Whose files are known."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the column's name, as in kernels
    kind = serializers.CharField(help_text="positions: a row is a holding; trades: holdings are what is left.")
    columns = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class ImportJobSerializer(serializers.Serializer[Any]):
    """An import at work; its progress is at `status_url`."""

    job = serializers.IntegerField()
    status_url = serializers.CharField()
