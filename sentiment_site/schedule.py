"""What runs when. Entered into the database by `manage.py sync_schedule`, which never overwrites an operator's edit.

Times are New York's. The two ticks look every minute whether a session or a half-hour bar is over that no run covers,
the vendor's delay included: nothing is missed after a standstill, and the demo's faster clock needs no other lines.
"""

from sentiment_site.jobs.schedule import Entry

SCHEDULE = (
    Entry(name="reference data", job="universe.reference", hour="18", minute="30", day_of_week="mon-fri"),
    Entry(name="universe", task="universe.tick", every_s=60),
    Entry(name="sector light", task="sectors.tick", every_s=60),
    Entry(name="time-series partitions", job="universe.partitions", hour="2", minute="10"),
    Entry(name="sector readings to the archive", job="sectors.retention", hour="2", minute="40"),
    Entry(name="stale runs", task="jobs.reap", every_s=30),
)
