"""Filings, vendor news and press feeds: from the vendors to drafts, feed by feed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import structlog
from django.conf import settings

from sentiment_site.market import clock
from sentiment_site.providers.edgar import Edgar, form_root
from sentiment_site.providers.errors import BadPayload, NotFound
from sentiment_site.providers.event_records import FeedItem, FilingRecord, NewsRecord
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.records import Fetched
from sentiment_site.providers.registry import first_entitled
from sentiment_site.providers.rss import Rss
from themes.models import Document
from themes.models.documents import DocumentKind
from universe.selectors import current_run

from .records import Draft

log = structlog.get_logger(__name__)

FIRST_TIME = dt.timedelta(hours=48)
LONGEST_CATCH_UP = dt.timedelta(days=4)
# Vendors add to the past: what was read before costs a page more and is stored once.
OVERLAP = dt.timedelta(hours=2)
# Forms that say something of a company's story or its shares; the rest is routine.
FORMS = frozenset(
    (
        *("8-K", "6-K", "S-1", "S-3", "S-3ASR", "F-1", "F-3", "EFFECT", "424B3", "424B4", "424B5", "RW"),
        *("NT 10-K", "NT 10-Q", "10-K", "10-Q", "4", "144", "25", "25-NSE", "15-12B", "15-12G"),
        *("SC 13D", "SC 13G", "SCHEDULE 13D", "SCHEDULE 13G", "S-4", "DEFM14A", "PREM14A", "SC TO-T", "SC 14D9", "425"),
    )
)
# Whose words are read: what a company tells in prose.
READ = frozenset({"8-K", "6-K", "S-1", "S-3", "F-1", "F-3", "424B3", "424B4", "424B5"})


def since_of(read_until: dt.datetime | None) -> dt.datetime:
    """From when a feed is to be read: a little before the last time, two days the first, four at most."""
    now = clock.now()
    return max(read_until - OVERLAP if read_until else now - FIRST_TIME, now - LONGEST_CATCH_UP)


def fetch_filings(edgar: Edgar, since: dt.datetime) -> Fetched[tuple[Draft, ...]]:
    """Filings of the forms above since a moment that are not stored yet, oldest first.

    The words of members' prospectuses and current reports are read, one call each. ProviderError.
    """
    fetched = edgar.fetch_current_filings(owner="include", since=since)
    wanted = {
        filing.accession: filing
        for filing in fetched.records
        if form_root(filing.form) in FORMS and filing.about and filing.accepted_at >= since
    }
    stored = Document.objects.filter(kind=DocumentKind.FILING, external_id__in=wanted)
    known, ciks = set(stored.values_list("external_id", flat=True)), _member_ciks()
    new = sorted((one for one in wanted.values() if one.accession not in known), key=lambda one: one.accepted_at)
    drafts = tuple(_filing(one, _words(edgar, one) if _is_read(one, ciks) else "") for one in new)
    return Fetched(drafts, "edgar", fetched.simulated, fetched.received_at)


def fetch_news(polygon: Polygon, since: dt.datetime) -> Fetched[tuple[Draft, ...]]:
    """The vendor's articles since a moment. ProviderError; NotEntitled is remembered for a day."""
    fetched, _ = first_entitled("news", [(polygon, lambda: polygon.fetch_news(since))])
    return Fetched(tuple(_article(one) for one in fetched.records), "polygon", fetched.simulated, fetched.received_at)


def fetch_press(rss: Rss) -> Iterator[Fetched[tuple[Draft, ...]]]:
    """The items of each press feed in RSS_FEEDS. Items without a date are left out: nobody knows their age."""
    for url in settings.RSS_FEEDS:
        fetched = rss.fetch_feed(url)
        drafts = tuple(_item(item, fetched.vendor, item.published_at) for item in fetched.records if item.published_at)
        yield Fetched(drafts, fetched.vendor, fetched.simulated, fetched.received_at)


def _member_ciks() -> frozenset[str]:
    run = current_run(clock.now())
    if run is None:
        return frozenset()
    rows = run.memberships.filter(eligible=True).exclude(instrument__cik="")
    return frozenset(rows.values_list("instrument__cik", flat=True))


def _is_read(filing: FilingRecord, ciks: frozenset[str]) -> bool:
    return form_root(filing.form) in READ and filing.about is not None and filing.about.cik in ciks


def _words(edgar: Edgar, filing: FilingRecord) -> str:
    """Main document and press release; "" where they are missing or too large, which leaves form and items to speak."""
    try:
        documents = edgar.fetch_submission_text(filing).records.documents
    except (NotFound, BadPayload) as error:
        log.info("filing_not_read", accession=filing.accession, error=str(error))
        return ""
    told = [one.text for place, one in enumerate(documents) if place == 0 or one.kind.startswith("EX-99")]
    return "\n\n".join(told)[: settings.DOCUMENT_TEXT_MAX]


def _filing(filing: FilingRecord, text: str) -> Draft:
    about = filing.about
    name, cik = (about.name, about.cik) if about else ("", "")
    items = f", items {', '.join(filing.items)}" if filing.items else ""
    return Draft(
        kind=DocumentKind.FILING,
        external_id=filing.accession,
        event_at=filing.accepted_at,
        title=f"{filing.form} of {name}{items}",
        text=text,
        url=filing.index_url,
        author=name,
        form=filing.form,
        items=filing.items,
        cik=cik,
    )


def _article(article: NewsRecord) -> Draft:
    return Draft(
        kind=DocumentKind.NEWS,
        external_id=article.id,
        event_at=article.published_at,
        title=article.title,
        text=article.description,
        url=article.url,
        author=article.publisher,
        tags=article.symbols,
        facts={
            "insights": {one.symbol: one.sentiment for one in article.insights},
            "keywords": list(article.keywords),
        },
    )


def _item(item: FeedItem, vendor: str, published_at: dt.datetime) -> Draft:
    return Draft(
        kind=DocumentKind.RSS,
        external_id=f"{vendor} {item.id}"[:120],
        event_at=published_at,
        title=item.title,
        text=item.summary,
        url=item.url,
        author=item.author or vendor,
    )
