"""The vendors of this process, from Django's settings. The only module here that knows Django."""

from __future__ import annotations

import functools
import os
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .limits import VendorState
from .registry import Vendors, VendorSettings, build


@functools.cache
def vendors() -> Vendors:
    """Built once per process; a forked worker builds its own, because connections cannot be shared."""
    from django.conf import settings

    # Short timeouts and one immediate retry: work goes on without Valkey, so waiting for it is worse than missing it.
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1)
    )
    return build(cast(VendorSettings, settings), client)


def vendor_state(vendor: str) -> VendorState:
    """What is known about "polygon", "fmp", "edgar" or "nasdaq", without any call to it. KeyError for another name."""
    return {state.vendor: state for state in vendors().states()}[vendor]


os.register_at_fork(after_in_child=vendors.cache_clear)
