"""Jobs of the themes, part by part, and the tick that asks for what is due."""

from __future__ import annotations

from celery import shared_task

from sentiment_site.jobs.services import request_run
from sentiment_site.market import clock

from .documents import tasks as _documents  # noqa: F401 - registers its jobs
from .documents.due import find_slot as find_documents_slot
from .heat import tasks as heat
from .keeping import tasks as _keeping  # noqa: F401 - registers its job
from .manipulation import tasks as manipulation
from .network import tasks as network
from .options import tasks as _options  # noqa: F401 - registers its jobs
from .options.due import CHAINS, CONFLUENCE, find_look
from .options.due import find_slot as find_confluence_slot
from .social import due as social
from .social import tasks as _social  # noqa: F401 - registers its jobs
from .stories import tasks as stories

# What the tick looks at, in the order of the data: job name and what finds its due slot.
DUE = (
    ("themes.documents", find_documents_slot),
    (stories.JOB, stories.find_slot),
    (stories.LOOK, stories.find_look_slot),
    (CHAINS, find_look),
    (heat.JOB, heat.find_slot),
    (manipulation.JOB, manipulation.find_slot),
    (network.FIT, network.find_fit_slot),
    (network.LOOK, network.find_look_slot),
    (network.SETTLE, network.find_settle_slot),
    (social.JOB, social.find_slot),
    (CONFLUENCE, find_confluence_slot),
    (social.OUTCOMES, social.find_outcome_session),
)


@shared_task(name="themes.tick", ignore_result=True)
def tick() -> None:
    """Every few seconds: ask for what has become due in market time; alerts may take half a minute."""
    now = clock.now()
    for name, find_slot in DUE:
        slot = find_slot(now)
        if slot is not None:
            request_run(name, trigger="scheduled", key=slot)
