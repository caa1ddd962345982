"""Tags: make, rename, colour, delete, restore, and put on positions. Their usage counts are counted, never guessed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.http import Http404

from portfolios.access import find, locked, positions_of, tags_of
from portfolios.models import Portfolio, Position, PositionTag, Tag
from portfolios.models.books import GREY, validate_colour
from sentiment_site.market import clock

from .drafts import check_tags

TAGS_MAX = 500
TAGS_PER_POSITION = 20
EDITABLE = ("name", "tag_type", "color")


def create_tag(portfolio: Portfolio, name: str, *, tag_type: str = Tag.Type.REGULAR, color: str = GREY) -> Tag:
    """A new tag. ValidationError by field: the name is taken (capitals aside) or malformed, the colour is none."""
    with locked(portfolio) as book:
        if _living(book).count() >= TAGS_MAX:
            raise ValidationError(f"At most {TAGS_MAX} tags.")
        tag = Tag(user_id=book.user_id, name=_clean_name(name), tag_type=tag_type, color=color)
        _check(book, tag)
        tag.store()
    return tag


def edit_tag(portfolio: Portfolio, tag_id: uuid.UUID | str, changes: Mapping[str, Any]) -> Tag:
    """Change name, type or colour of a living tag. ValidationError by field."""
    with locked(portfolio) as book:
        tag = find(_living(book), tag_id)
        for field in EDITABLE:
            if field in changes:
                setattr(tag, field, _clean_name(changes[field]) if field == "name" else changes[field])
        _check(book, tag)
        tag.store(*EDITABLE)
    return tag


def delete_tag(portfolio: Portfolio, tag_id: uuid.UUID | str) -> Tag:
    """Take a tag away from every position; where it was is remembered. A deleted one stays so."""
    with locked(portfolio) as book:
        tag = find(tags_of(book), tag_id)
        if tag.deleted_at is None:
            tag.deleted_at = clock.now()
            tag.store("deleted_at")
    return tag


def restore_tag(portfolio: Portfolio, tag_id: uuid.UUID | str) -> Tag:
    """Put a deleted tag back where it was. ValidationError when another has its name by now."""
    with locked(portfolio) as book:
        tag = find(tags_of(book), tag_id)
        if tag.deleted_at is not None:
            tag.deleted_at = None
            _check(book, tag)
            tag.store("deleted_at")
            recount([tag.pk])
            tag.refresh_from_db(fields=["usage_count"])
    return tag


def put_tags(book: Portfolio, position: Position, names: Iterable[str]) -> None:
    """Exactly these tags on a position, missing ones made as labels. Inside a locked book."""
    wanted = resolve(book, check_tags(names))
    carried = PositionTag.objects.filter(position=position, tag__deleted_at__isnull=True)
    kept = set(carried.values_list("tag", flat=True))
    ids = {tag.pk for tag in wanted.values()}
    PositionTag.objects.filter(position=position, tag__in=kept - ids).delete()
    missing = [PositionTag(position=position, tag_id=pk) for pk in ids - kept]
    PositionTag.objects.bulk_create(missing, ignore_conflicts=True)
    recount(kept | ids)


def tag_positions(portfolio: Portfolio, position_ids: Iterable[uuid.UUID], name: str, *, remove: bool = False) -> int:
    """Put one tag on positions (made as a label where it is missing), or take it off; how many that changed.

    All or none, in the same number of statements whatever their number. Http404 when one is not in the book,
    ValidationError for a name that is none or for a position that has TAGS_PER_POSITION others.
    """
    wanted = _clean_name(name)
    ids = set(position_ids)
    with locked(portfolio) as book:
        if positions_of(book).filter(pk__in=ids, deleted_at__isnull=True).count() != len(ids):
            raise Http404("There is nothing of that id in this book.")
        if remove:
            known = _living(book).alias(small=Lower("name")).filter(small=Lower(Value(wanted))).first()
            carried = PositionTag.objects.filter(position__in=ids, tag=known)
            changed = carried.delete()[0] if known else 0
            recount([known.pk] if known else [])
            return changed
        tag = resolve(book, [wanted])[wanted.casefold()]
        having = set(PositionTag.objects.filter(position__in=ids, tag=tag).values_list("position", flat=True))
        others = PositionTag.objects.filter(position__in=ids - having, tag__deleted_at__isnull=True)
        full = others.values("position").annotate(n=Count("tag")).filter(n__gte=TAGS_PER_POSITION)
        if full.exists():
            raise ValidationError({"tag": [f"A position has at most {TAGS_PER_POSITION} tags."]})
        PositionTag.objects.bulk_create(PositionTag(position_id=pk, tag=tag) for pk in ids - having)
        recount([tag.pk])
    return len(ids - having)


def resolve(book: Portfolio, names: Iterable[str]) -> dict[str, Tag]:
    """Living tags by folded name, missing ones made. Inside a locked book. ValidationError beyond TAGS_MAX."""
    wanted = {name.casefold(): name for name in names}
    if not wanted:
        return {}
    known = {tag.name.casefold(): tag for tag in _living(book)}
    missing = [Tag(user_id=book.user_id, name=name) for fold, name in wanted.items() if fold not in known]
    if len(known) + len(missing) > TAGS_MAX:
        raise ValidationError({"tags": [f"At most {TAGS_MAX} tags."]})
    known |= {tag.name.casefold(): tag for tag in Tag.objects.bulk_create(missing)}
    return {fold: known[fold] for fold in wanted}


def recount(tag_ids: Iterable[uuid.UUID]) -> None:
    """Count the positions, deleted ones left out, that carry these tags; one statement."""
    ids = list(tag_ids)
    if ids:
        uses = PositionTag.objects.filter(tag=OuterRef("pk"), position__deleted_at__isnull=True).order_by()
        count = Subquery(uses.values("tag").annotate(n=Count("position")).values("n"))
        Tag.objects.filter(pk__in=ids).update(usage_count=Coalesce(count, 0))


def _living(book: Portfolio) -> QuerySet[Tag]:
    return tags_of(book).filter(deleted_at__isnull=True)


def _clean_name(name: str) -> str:
    try:
        cleaned = check_tags([name])
    except ValidationError as error:
        raise ValidationError({"name": error.messages}) from None
    if len(cleaned) != 1:
        raise ValidationError({"name": ["A tag has a name."]})
    return cleaned[0]


def _check(book: Portfolio, tag: Tag) -> None:
    refused: dict[str, list[str]] = {}
    if tag.tag_type not in Tag.Type.values:
        refused["tag_type"] = [f"One of {', '.join(Tag.Type.values)}."]
    try:
        validate_colour(tag.color)
    except ValidationError as error:
        refused["color"] = error.messages
    others = _living(book).exclude(pk=tag.pk).alias(small=Lower("name"))
    if others.filter(small=Lower(Value(tag.name))).exists():
        refused["name"] = [f"There is a tag {tag.name!r} already."]
    if refused:
        raise ValidationError(refused)
