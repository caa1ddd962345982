"""What runs when. Entered into the database by `manage.py sync_schedule`, which never overwrites an operator's edit.

Times are New York's. The ticks look every minute whether a session is over, or an occasion of sectors/occasions.py or
portfolios/valuation/due.py is past, that no run covers, the vendor's delay included, and whether a slot of
macro/grid.py (four hours, UTC) has begun without a reading: nothing is missed after a standstill, and the demo's faster
clock needs no other lines.
"""

from django.conf import settings

from sentiment_site.jobs.schedule import Entry

SCHEDULE = (
    Entry(name="reference data", job="universe.reference", hour="18", minute="30", day_of_week="mon-fri"),
    Entry(name="universe", task="universe.tick", every_s=60),
    Entry(name="filings, news and halts", task="universe.watch", every_s=60),
    Entry(name="sector light", task="sectors.tick", every_s=60),
    Entry(name="significant moves", task="sectors.watch", every_s=settings.WATCH_EVERY_S),
    Entry(name="documents, themes, sentiment", task="themes.tick", every_s=10),
    Entry(name="crypto market", task="macro.tick", every_s=60),
    Entry(name="time-series partitions", job="universe.partitions", hour="2", minute="10"),
    Entry(name="sector readings to the archive", job="sectors.retention", hour="2", minute="40"),
    Entry(name="themes and sentiments to the archive", job="themes.retention", hour="2", minute="50"),
    Entry(name="posts that were deleted", job="themes.deletions", hour="3", minute="0"),
    Entry(name="visitors' demo accounts", job="portfolios.expire_demos", hour="3", minute="10"),
    Entry(name="expired sign-ins", job="portfolios.expire_sign_ins", hour="3", minute="20"),
    Entry(name="books: splits, prices, risk, daily rows", task="portfolios.tick", every_s=60),
    Entry(name="uploaded files", job="portfolios.discard_imports", hour="3", minute="30"),
    Entry(name="stale runs", task="jobs.reap", every_s=30),
)
