"""The book of an account: what it holds and held, its money, its tags, and the files that were read into it.

Quantities are positive and the type carries the direction. Money is in cents; every change of cash is a row of
CashFlow, so that `Portfolio.cash` is always their sum. Rows are written by portfolios.books only and reached through
portfolios.access only.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from portfolios.kernels.occ import parse_option_symbol
from portfolios.kernels.positions import Contract
from portfolios.kernels.positions import Position as Lot
from portfolios.kernels.positions import PositionType as Kind
from sentiment_site.market import clock

from .record import ALIVE, Record, money, one_of

COLOUR = r"^#[0-9A-Fa-f]{6}$"
GREY = "#6B7280"
validate_colour = RegexValidator(COLOUR, "A colour is # and six hexadecimal digits: #6B7280.")


class PositionType(models.TextChoices):
    """Long and short stock; long and short calls and puts."""

    LONG = "LONG", "Long stock"
    SHORT = "SHORT", "Short stock"
    LC = "LC", "Long call"
    LP = "LP", "Long put"
    SC = "SC", "Short call"
    SP = "SP", "Short put"


class OptionRight(models.TextChoices):
    """The right that an option gives."""

    CALL = "CALL", "Call"
    PUT = "PUT", "Put"


class Funding(models.TextChoices):
    """Where a position came from. What is owed is always a trade: its proceeds are in the cash."""

    TRADE = "trade", "Traded: cash paid for it, or received its proceeds"
    TRANSFER = "transfer", "Brought along: it is capital, cash did not move"


class ClosingReason(models.TextChoices):
    """How a position ended."""

    TRADED = "traded", "Traded"
    EXPIRED = "expired", "Expired, settled at its intrinsic value"


class Portfolio(Record):
    """The one book of an account."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="portfolios")
    name = models.CharField(max_length=255, default="My Portfolio")
    cash = money(default=Decimal(0), help_text="Sum of the living cash flows; negative is borrowed.")
    stale_from = models.DateField(
        null=True,
        blank=True,
        help_text="Snapshots of this day and later ones must be made anew: something of that day was entered since.",
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user"], condition=ALIVE, name="portfolio_one_per_user_while_alive"),
            models.CheckConstraint(condition=~Q(name=""), name="portfolio_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class TagType(models.TextChoices):
    """Kinds of tags."""

    REGULAR = "REGULAR", "Label"
    STRATEGY = "STRATEGY", "Strategy"


class Tag(Record):
    """A word that a user puts on positions. REGULAR: a label; STRATEGY: positions that belong together."""

    Type = TagType

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=100)
    tag_type = models.CharField(max_length=20, choices=TagType.choices, default=TagType.REGULAR)
    color = models.CharField(max_length=7, default=GREY, validators=[validate_colour])
    usage_count = models.PositiveIntegerField(default=0, editable=False, help_text="Positions, not deleted, with it.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("user", Lower("name"), condition=ALIVE, name="tag_name_unique_while_alive"),
            models.CheckConstraint(condition=one_of("tag_type", TagType), name="tag_type_known"),
            models.CheckConstraint(condition=Q(color__regex=COLOUR), name="tag_color_hex"),
            models.CheckConstraint(condition=~Q(name=""), name="tag_has_name"),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "tag_type"], condition=ALIVE, name="tag_user_type")]
        ordering: ClassVar = [Lower("name")]

    def __str__(self) -> str:
        return self.name


_STOCK = Q(position_type__in=["LONG", "SHORT"])
# said in full: a comparison with NULL is unknown, and a constraint lets the unknown pass
_DATED = Q(expiration_date__isnull=False, strike_price__isnull=False, strike_price__gt=0)
_CLOSING = ("closed_on", "closing_price", "realized_pnl")


class Position(Record):
    """One lot. Open until `closed_on`; closing a part moves that part into a closed row of its own (`part_of`).

    cost_basis: cents paid or received for it, exact through splits and partial closing. market_value, unrealized_pnl
    and its share of the cost (a fraction) stand at `last_price`; all three are empty once it is closed.
    basis_on: the day whose share basis quantity, prices and strike have; later splits are still to be applied.
    """

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="positions")
    instrument = models.ForeignKey(
        "universe.Instrument", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    symbol = models.CharField(max_length=30, help_text="Ticker, or the option's symbol without blanks.")
    position_type = models.CharField(max_length=5, choices=PositionType.choices)
    quantity = models.DecimalField(max_digits=15, decimal_places=4, help_text="Shares or contracts, positive.")
    underlying_symbol = models.CharField(max_length=10, help_text="The stock itself, or what the option is on.")
    expiration_date = models.DateField(null=True, blank=True)
    strike_price = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    option_type = models.CharField(max_length=4, choices=OptionRight.choices, blank=True)
    multiplier = models.DecimalField(max_digits=10, decimal_places=4, default=Decimal(1))
    deliverable_shares = models.DecimalField(
        max_digits=12, decimal_places=4, default=Decimal(1), help_text="Shares behind one unit: 1, or the contract's."
    )
    deliverable_cash = money(default=Decimal(0), help_text="Dollars that an adjusted contract delivers beside shares.")
    deliverable_note = models.CharField(max_length=255, blank=True)
    entry_price = models.DecimalField(max_digits=12, decimal_places=4)
    entry_date = models.DateField()
    funding = models.CharField(max_length=8, choices=Funding.choices, default=Funding.TRADE)
    cost_basis = money()
    basis_on = models.DateField()
    last_price = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    last_price_at = models.DateTimeField(null=True, blank=True, help_text="When that price was made; empty: entry.")
    last_price_source = models.CharField(max_length=60, blank=True)
    market_value = money(null=True, blank=True, help_text="Negative for what is owed.")
    unrealized_pnl = money(null=True, blank=True)
    unrealized_pnl_pct = models.DecimalField(max_digits=8, decimal_places=4, null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    closing_price = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    closing_reason = models.CharField(max_length=8, choices=ClosingReason.choices, blank=True)
    realized_pnl = money(null=True, blank=True, help_text="Before fees, which are cash flows of their own.")
    part_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="parts")
    note = models.CharField(max_length=1000, blank=True)
    import_batch = models.ForeignKey(
        "ImportBatch", null=True, blank=True, on_delete=models.SET_NULL, related_name="positions"
    )
    import_key = models.CharField(max_length=32, blank=True, help_text="The same for the same lot in another file.")
    request_key = models.CharField(max_length=64, blank=True, help_text="The caller's, so that asking twice does once.")
    tags: models.ManyToManyField[Tag, Any] = models.ManyToManyField(
        Tag, through="PositionTag", related_name="positions"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="position_quantity_positive"),
            models.CheckConstraint(condition=one_of("position_type", PositionType), name="position_type_known"),
            models.CheckConstraint(condition=Q(entry_price__gte=0), name="position_entry_price_not_negative"),
            models.CheckConstraint(condition=Q(cost_basis__gte=0), name="position_cost_not_negative"),
            models.CheckConstraint(
                condition=Q(last_price__isnull=True) | Q(last_price__gte=0), name="position_last_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(multiplier__gt=0, deliverable_shares__gte=0), name="position_contract_positive"
            ),
            models.CheckConstraint(
                condition=(_STOCK & Q(option_type="", expiration_date__isnull=True, strike_price__isnull=True))
                | (_DATED & Q(position_type__in=["LC", "SC"], option_type="CALL"))
                | (_DATED & Q(position_type__in=["LP", "SP"], option_type="PUT")),
                name="position_option_parts_fit_type",
            ),
            models.CheckConstraint(
                condition=~_STOCK | Q(multiplier=1, deliverable_shares=1, deliverable_cash=0),
                name="position_stock_is_one_share",
            ),
            models.CheckConstraint(
                condition=Q(funding="trade") | Q(funding="transfer", position_type__in=["LONG", "LC", "LP"]),
                name="position_funding_known",
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}__isnull": True for name in _CLOSING}, closing_reason="")
                | Q(
                    **{f"{name}__isnull": False for name in _CLOSING},
                    closing_reason__in=["traded", "expired"],
                    closed_on__gte=F("entry_date"),
                    closing_price__gte=0,
                    market_value__isnull=True,
                    unrealized_pnl__isnull=True,
                ),
                name="position_closing_whole",
            ),
            models.UniqueConstraint(
                fields=["portfolio", "import_key"],
                condition=ALIVE & ~Q(import_key=""),
                name="position_import_key_unique_while_alive",
            ),
            models.UniqueConstraint(
                fields=["portfolio", "request_key"], condition=~Q(request_key=""), name="position_request_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["portfolio"], condition=ALIVE, name="position_portfolio"),
            models.Index(
                fields=["portfolio"], condition=ALIVE & Q(closed_on__isnull=True), name="position_portfolio_open"
            ),
            models.Index(fields=["symbol"], condition=ALIVE, name="position_symbol"),
            models.Index(fields=["position_type"], condition=ALIVE, name="position_type"),
            models.Index(
                fields=["expiration_date"],
                condition=ALIVE & Q(expiration_date__isnull=False),
                name="position_expiration",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position_type} {self.quantity.normalize():f} {self.symbol}"

    @property
    def sign(self) -> int:
        """+1 owned, -1 owed."""
        return Kind(self.position_type).sign

    @property
    def is_option(self) -> bool:
        """Anything but stock."""
        return Kind(self.position_type).is_option

    @property
    def is_open(self) -> bool:
        """Held now: neither closed nor deleted."""
        return self.closed_on is None and self.deleted_at is None

    @property
    def lot(self) -> Lot:
        """The position as the kernels compute with it."""
        option = parse_option_symbol(self.symbol) if self.is_option else None
        contract = Contract(self.multiplier, self.deliverable_shares, self.deliverable_cash)
        terms = {"contract": contract} if option else {}
        kind = Kind(self.position_type)
        return Lot(self.symbol, kind, self.quantity, self.entry_price, self.entry_date, option, **terms)


class PositionTag(models.Model):
    """A tag on a position. Stays when either is deleted, so that restoring brings it back."""

    pk = models.CompositePrimaryKey("position_id", "tag_id")
    position = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="position_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="position_tags")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.position_id}"


class PositionSplit(models.Model):
    """A split that was applied to a position: evidence, and why it is not applied again."""

    position = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="splits")
    execution_date = models.DateField()
    split_from = models.DecimalField(max_digits=20, decimal_places=8)
    split_to = models.DecimalField(max_digits=20, decimal_places=8)
    symbol_before = models.CharField(max_length=30)
    quantity_before = models.DecimalField(max_digits=15, decimal_places=4)
    entry_price_before = models.DecimalField(max_digits=12, decimal_places=4)
    shares_before = models.DecimalField(max_digits=12, decimal_places=4, help_text="Deliverable of one contract.")
    applied_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["position", "execution_date"], name="position_split_once_a_day"),
            models.CheckConstraint(condition=Q(split_from__gt=0, split_to__gt=0), name="position_split_ratio_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.split_from.normalize():f}:{self.split_to.normalize():f} on {self.execution_date}"


class FlowKind(models.TextChoices):
    """What it was."""

    DEPOSIT = "deposit", "Deposit"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    DIVIDEND = "dividend", "Dividend"
    FEE = "fee", "Fee"
    INTEREST = "interest", "Interest"
    TRADE = "trade", "Trade"
    TRANSFER = "transfer", "Position brought along"


class FlowLeg(models.TextChoices):
    """The end of a position that made it."""

    OPEN = "open", "Entry"
    CLOSE = "close", "Closing"


class CashFlow(Record):
    """A change of the book's money, dated. amount: into the book positive, out of it negative.

    Rows with a leg were made by a position's entry or closing and change with it only. in_kind: what a position that
    was brought along cost, capital without cash.
    """

    Kind = FlowKind

    Leg = FlowLeg

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="flows")
    position = models.ForeignKey(Position, null=True, blank=True, on_delete=models.CASCADE, related_name="flows")
    kind = models.CharField(max_length=10, choices=FlowKind.choices)
    leg = models.CharField(max_length=5, choices=FlowLeg.choices, blank=True)
    flowed_on = models.DateField()
    amount = money()
    in_kind = money(default=Decimal(0))
    note = models.CharField(max_length=255, blank=True)
    request_key = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=one_of("kind", FlowKind), name="cashflow_kind_known"),
            models.CheckConstraint(condition=Q(leg__in=["", "open", "close"]), name="cashflow_leg_known"),
            models.CheckConstraint(
                condition=Q(kind="deposit", amount__gt=0)
                | Q(kind__in=["withdrawal", "fee"], amount__lt=0)
                | (Q(kind__in=["dividend", "interest"]) & ~Q(amount=0))
                | Q(kind="trade")
                | Q(kind="transfer", amount=0),
                name="cashflow_sign_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="transfer", in_kind__gte=0) | (~Q(kind="transfer") & Q(in_kind=0)),
                name="cashflow_in_kind_is_a_transfer",
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=["trade", "transfer"]) & ~Q(leg=""))
                | Q(kind="fee")
                | Q(kind__in=["deposit", "withdrawal", "dividend", "interest"], leg=""),
                name="cashflow_leg_fits_kind",
            ),
            models.UniqueConstraint(
                fields=["portfolio", "request_key"], condition=~Q(request_key=""), name="cashflow_request_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["portfolio", "-flowed_on"], condition=ALIVE, name="cashflow_portfolio_date")
        ]

    def __str__(self) -> str:
        return f"{self.flowed_on} {self.kind} {self.amount}"


class ImportState(models.TextChoices):
    """How far it is."""

    PREVIEW = "preview", "Looked at, nothing entered"
    CONFIRMED = "confirmed", "Entered"
    DISCARDED = "discarded", "Discarded"


class ImportBatch(models.Model):
    """A file that was uploaded: looked at first, then taken whole or not at all.

    preview: see docs/portfolios.md. content: the file itself, until it is confirmed, discarded or over.
    """

    State = ImportState

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(help_text="Bytes.")
    content = models.BinaryField(default=b"", editable=False)
    options = models.JSONField(default=dict)
    preset = models.CharField(max_length=20, blank=True, help_text="Whose file it is; empty: not recognised.")
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.PREVIEW)
    rows = models.PositiveIntegerField(default=0, help_text="Positions that were understood.")
    problems = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0, help_text="Positions that the book has from an earlier import.")
    created_count = models.PositiveIntegerField(default=0, help_text="Positions that were entered.")
    preview = models.JSONField(default=dict)
    job_run_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.wall, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=one_of("state", ImportState), name="importbatch_state_known"),
            models.CheckConstraint(
                condition=Q(state="preview", ended_at__isnull=True, created_count=0)
                | Q(state="confirmed", ended_at__isnull=False, problems=0)
                | Q(state="discarded", ended_at__isnull=False, created_count=0),
                name="importbatch_ends_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["portfolio", "-created_at"], name="importbatch_portfolio"),
            models.Index(fields=["created_at"], condition=Q(state="preview"), name="importbatch_open"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.state})"
