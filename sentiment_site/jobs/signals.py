"""What other rooms may hear about runs. The wiring connects it to the live channel, because jobs does not import live.

`run_changed` is sent after commit, from the worker's main thread or a run's heartbeat thread, with the arguments
run_id (int), name, status, phase, reason (str; the reason is empty until the run has ended) and percent (int).
Receivers must not use the database.
"""

from django.dispatch import Signal

run_changed = Signal()
