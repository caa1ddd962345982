"""The forms of the book's pages. They read text; what may be entered is the services' decision."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from portfolios.books.cash import LARGEST_FLOW, OWN_CHOICES
from portfolios.books.drafts import PositionDraft
from portfolios.models import CashFlow, Funding, Portfolio, Position, PositionType, Tag
from portfolios.models.books import GREY, FlowKind

_GROUPED = re.compile(r"[-+]?\$?\d{1,3}(,\d{3})+(\.\d*)?")


class Figure(forms.DecimalField):
    """A number as people write it: 1,250.50 and $9.40 too. A comma that does not part thousands is refused."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs derive it from integers
        """Decimal, None for nothing."""
        if isinstance(value, str):
            value = value.strip().replace("−", "-")
            value = value.replace(",", "") if _GROUPED.fullmatch(value) else value
            value = value.replace("$", "", 1)
        return super().to_python(value)


def plain(number: Decimal | None) -> Decimal | None:
    """The number without superfluous zeros, written out: 100, 9.4."""
    if number is None:
        return None
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def new_key() -> str:
    """The hidden name of one request, so that a form that is sent twice does once."""
    return uuid.uuid4().hex


class BookForm(forms.Form):
    """A form with a name of its own on the page, so that several can be open."""

    def __init__(self, *args: Any, **options: Any) -> None:
        name = options.pop("name", "")
        remembers = options.pop("remembers", False)
        options["auto_id"] = f"{name}-%s" if name else "id_%s"
        super().__init__(*args, **options)
        # a change is what differs from what the form showed, not from what somebody changed meanwhile
        for field in self.fields.values():
            field.show_hidden_initial = remembers and not field.widget.is_hidden


def _day(label: str, **options: Any) -> forms.DateField:
    # browsers fill a date field from ISO text only
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)


def _note(longest: int) -> forms.CharField:
    return forms.CharField(label="Note", max_length=longest, required=False)


def focus(form: forms.Form) -> None:
    """Let the page begin in the first field that was refused, else in the first one."""
    fields = form.visible_fields()
    first = next((field for field in fields if field.errors), fields[0])
    first.field.widget.attrs["autofocus"] = True


class Once(BookForm):
    """A form that enters something: sent twice, it enters once."""

    request_key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)


class NotedForm(BookForm):
    """What can be said of any position, closed ones too."""

    tags = forms.CharField(
        label="Tags", max_length=2200, required=False, widget=forms.TextInput(attrs={"list": "tag-names"})
    )
    note = _note(1000)

    @property
    def tag_names(self) -> list[str]:
        """Names as they were typed, parted by commas."""
        return [name for name in self.cleaned_data["tags"].split(",") if name.strip()]

    def changes(self) -> dict[str, Any]:
        """Fields of a draft that differ from what the form showed."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "tags"}

    def tags_changed(self) -> list[str] | None:
        """All tags from now on, None where they stay."""
        return self.tag_names if "tags" in self.changed_data else None


class TermsForm(NotedForm):
    """What a lot is."""

    symbol = forms.CharField(
        label="Symbol", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    position_type = forms.ChoiceField(label="Type", choices=PositionType.choices)
    quantity = Figure(label="Quantity", max_digits=15, decimal_places=4)
    entry_price = Figure(label="Entry price", max_digits=12, decimal_places=4)
    entry_date = _day("Entry date")
    funding = forms.ChoiceField(label="Paid by", choices=Funding.choices)
    multiplier = Figure(label="Dollars per point", max_digits=10, decimal_places=4, required=False)
    deliverable_shares = Figure(label="Shares delivered", max_digits=12, decimal_places=4, required=False)
    deliverable_cash = Figure(label="Cash delivered", max_digits=15, decimal_places=2, required=False)
    deliverable_note = forms.CharField(label="Deliverable in words", max_length=255, required=False)

    contract = ("multiplier", "deliverable_shares", "deliverable_cash", "deliverable_note")

    def adjusted(self) -> list[forms.BoundField]:
        """The fields of an adjusted contract, which stay folded otherwise."""
        return [self[name] for name in self.contract]

    def usual(self) -> list[forms.BoundField]:
        """The others, in the order in which they are typed."""
        return [field for field in self.visible_fields() if field.name not in self.contract]

    @property
    def has_adjusted(self) -> bool:
        """Whether the folded part holds something to see."""
        return any(field.errors or field.value() not in (None, "") for field in self.adjusted())


class PositionForm(TermsForm, Once):
    """A new position."""

    position_type = forms.ChoiceField(
        label="Type", choices=[("", "by the sign"), *PositionType.choices], required=False, help_text="−100 is short."
    )
    fees = Figure(label="Fees", max_digits=9, decimal_places=2, required=False)
    as_traded = forms.BooleanField(
        label="Numbers of the entry date", required=False, help_text="Splits since then are applied to them."
    )
    field_order = (
        "symbol",
        "quantity",
        "entry_price",
        "entry_date",
        "position_type",
        "fees",
        "tags",
        "note",
        "funding",
    )

    def draft(self) -> PositionDraft:
        """What the services are asked to enter."""
        given = {name: self.cleaned_data[name] for name in PositionDraft.__slots__ if name in self.cleaned_data}
        return PositionDraft(**given)


class PositionChangeForm(TermsForm):
    """A correction: only what differs is changed."""

    field_order = ("symbol", "position_type", "quantity", "entry_price", "entry_date", "tags", "note", "funding")

    @classmethod
    def of(cls, position: Position, data: Any = None) -> PositionChangeForm:
        """The form of a row with its `living_tags`."""
        return cls(data, initial=_terms(position), name=f"p{position.pk.hex}", remembers=True)


class AnnotationForm(NotedForm):
    """What can be changed of a closed position."""

    @classmethod
    def of(cls, position: Position, data: Any = None) -> AnnotationForm:
        """The form of a closed row with its `living_tags`."""
        initial = {"tags": _tags(position), "note": position.note}
        return cls(data, initial=initial, name=f"p{position.pk.hex}", remembers=True)


class CloseForm(Once):
    """Closing a position or a part of it."""

    price = Figure(label="Price", max_digits=12, decimal_places=4)
    quantity = Figure(label="Quantity", max_digits=15, decimal_places=4)
    date = _day("Date")
    fees = Figure(label="Fees", max_digits=9, decimal_places=2, required=False)

    @classmethod
    def of(cls, position: Position, today: Any, data: Any = None) -> CloseForm:
        """All of it today, at the newest price where there is one."""
        price = position.last_price if position.last_price_at else None
        initial = {"price": plain(price), "quantity": plain(position.quantity), "date": today, "request_key": new_key()}
        return cls(data, initial=initial, name=f"c{position.pk.hex}")


class FlowForm(Once):
    """Money that came or went."""

    kind = forms.ChoiceField(label="What", choices=OWN_CHOICES)
    amount = Figure(
        label="Amount",
        max_digits=14,
        decimal_places=2,
        max_value=LARGEST_FLOW,
        help_text="Positive; negative only for a dividend or interest that you paid.",
    )
    flowed_on = _day("Day")
    note = _note(255)

    @classmethod
    def of(cls, flow: CashFlow, data: Any = None) -> FlowForm:
        """The form of a row that was entered by hand."""
        out = flow.kind in (FlowKind.WITHDRAWAL, FlowKind.FEE)
        initial = {"kind": flow.kind, "amount": -flow.amount if out else flow.amount}
        initial |= {"flowed_on": flow.flowed_on, "note": flow.note}
        return cls(data, initial=initial, name=f"f{flow.pk.hex}", remembers=True)


class BookNameForm(BookForm):
    """The book's name and its cash."""

    name = forms.CharField(label="Name of the book", max_length=255)
    cash = Figure(
        label="Cash",
        max_digits=15,
        decimal_places=2,
        help_text="The difference is entered as today's deposit or withdrawal.",
    )

    @classmethod
    def of(cls, book: Portfolio, data: Any = None) -> BookNameForm:
        """As it is now."""
        return cls(data, initial={"name": book.name, "cash": book.cash}, name="book", remembers=True)


class TagForm(BookForm):
    """A tag."""

    name = forms.CharField(label="Name", max_length=100)
    tag_type = forms.ChoiceField(label="Kind", choices=Tag.Type.choices, initial=Tag.Type.REGULAR)
    color = forms.CharField(label="Colour", max_length=7, initial=GREY, widget=forms.TextInput(attrs={"type": "color"}))

    @classmethod
    def of(cls, tag: Tag, data: Any = None) -> TagForm:
        """The form of a tag."""
        # the browser's colour field knows small letters only
        initial = {"name": tag.name, "tag_type": tag.tag_type, "color": tag.color.lower()}
        return cls(data, initial=initial, name=f"t{tag.pk.hex}", remembers=True)


class BulkForm(BookForm):
    """One tag for the rows that are ticked."""

    tag = forms.CharField(label="Tag", max_length=100)
    action = forms.ChoiceField(choices=[("add", "add"), ("remove", "remove")])
    position = forms.TypedMultipleChoiceField(coerce=uuid.UUID)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        ticked = data.getlist("position") if hasattr(data, "getlist") else []
        self.fields["position"].choices = [(value, value) for value in ticked if _is_id(value)]  # type: ignore[attr-defined]
        self.fields["position"].error_messages["required"] = "Tick the rows first."


def _is_id(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def _tags(position: Position) -> str:
    return ", ".join(tag.name for tag in position.living_tags)  # type: ignore[attr-defined]  # prefetched


def _terms(position: Position) -> dict[str, Any]:
    names = ("symbol", "position_type", "entry_date", "note", "funding", "deliverable_note")
    initial: dict[str, Any] = {name: getattr(position, name) for name in names}
    initial |= {name: plain(getattr(position, name)) for name in ("quantity", "entry_price")}
    if position.is_option:
        terms = ("multiplier", "deliverable_shares", "deliverable_cash")
        initial |= {name: plain(getattr(position, name)) for name in terms}
    return initial | {"tags": _tags(position)}
