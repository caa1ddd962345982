"""What runs when. Entered into the database by `manage.py sync_schedule`, which never overwrites an operator's edit.

Times are New York's. The two ticks look every minute whether a session is over, or an occasion of sectors/occasions.py
is past, that no run covers, the vendor's delay included: nothing is missed after a standstill, and the demo's faster
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
    Entry(name="time-series partitions", job="universe.partitions", hour="2", minute="10"),
    Entry(name="sector readings to the archive", job="sectors.retention", hour="2", minute="40"),
    Entry(name="visitors' demo accounts", job="portfolios.expire_demos", hour="3", minute="10"),
    Entry(name="expired sign-ins", job="portfolios.expire_sign_ins", hour="3", minute="20"),
    Entry(name="splits before the open", job="portfolios.corporate", hour="4", minute="15", day_of_week="mon-fri"),
    Entry(name="expiries after the close", job="portfolios.corporate", hour="17", minute="15", day_of_week="mon-fri"),
    Entry(name="uploaded files", job="portfolios.discard_imports", hour="3", minute="30"),
    Entry(name="stale runs", task="jobs.reap", every_s=30),
)
