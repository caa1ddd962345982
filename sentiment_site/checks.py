"""What must hold for this deployment, beyond Django's own checks. `manage.py check`, with `--deploy` for the warnings.

E001 the schedule is in the database only; E002 the channel layer that survives idling; E003 no persistent connections
beside the pool. W005 the schedule names a job that is not there. On deployment: W001, W002 a vendor without its key;
W003 a simulated clock; W004 accounts with a public password.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

PUBSUB_LAYER = "channels_redis.pubsub.RedisPubSubChannelLayer"


@register(Tags.compatibility)
def check_schedule_setting(**_: Any) -> list[CheckMessage]:
    """E001."""
    if not getattr(settings, "CELERY_BEAT_SCHEDULE", None):
        return []
    hint = "Put the lines into sentiment_site/schedule.py and run `manage.py sync_schedule`."
    message = "CELERY_BEAT_SCHEDULE must stay empty: it would undo an operator's edits at every restart."
    return [Error(message, hint=hint, id="sectorlight.E001")]


@register(Tags.compatibility)
def check_channel_layer(**_: Any) -> list[CheckMessage]:
    """E002."""
    backend = settings.CHANNEL_LAYERS.get("default", {}).get("BACKEND")
    if backend == PUBSUB_LAYER:
        return []
    message = (
        f"The channel layer is {backend}: the core layer closes idle sockets and does not survive a broker restart."
    )
    return [Error(message, hint=f"Use {PUBSUB_LAYER}.", id="sectorlight.E002")]


@register(Tags.database)
def check_connections(**_: Any) -> list[CheckMessage]:
    """E003."""
    database = settings.DATABASES["default"]
    if database.get("CONN_MAX_AGE", 0) == 0 and database.get("OPTIONS", {}).get("pool"):
        return []
    message = "Persistent connections leak under ASGI: one per request thread."
    return [Error(message, hint="CONN_MAX_AGE = 0 and OPTIONS['pool'].", id="sectorlight.E003")]


@register(Tags.compatibility)
def check_schedule_lines(**_: Any) -> list[CheckMessage]:
    """W005. A warning, so that commands still work where an app was taken out; `sync_schedule` itself refuses."""
    from sentiment_site.jobs.registry import UnknownJob  # apps are loaded only now
    from sentiment_site.schedule import SCHEDULE

    problems: list[CheckMessage] = []
    for entry in SCHEDULE:
        try:
            entry.spec()
        except (UnknownJob, ValueError) as error:
            problems.append(Warning(f"schedule line {entry.name!r}: {error}", id="sectorlight.W005"))
    return problems


@register(Tags.compatibility, deploy=True)
def check_vendors(**_: Any) -> list[CheckMessage]:
    """W001, W002."""
    problems: list[CheckMessage] = []
    for number, name in (("W001", "POLYGON_API_KEY"), ("W002", "FMP_API_KEY")):
        if not getattr(settings, name):
            problems.append(
                Warning(f"{name} is not set: this vendor will refuse every call.", id=f"sectorlight.{number}")
            )
    return problems


@register(Tags.compatibility, deploy=True)
def check_demonstration(**_: Any) -> list[CheckMessage]:
    """W003, W004."""
    problems: list[CheckMessage] = []
    if settings.MARKET_CLOCK != "wall":
        problems.append(Warning("MARKET_CLOCK is simulated: ages and sessions are not real.", id="sectorlight.W003"))
    if getattr(settings, "DEMO", False):
        problems.append(Warning("DEMO is set: accounts with a public password may exist.", id="sectorlight.W004"))
    return problems
