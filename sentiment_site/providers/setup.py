"""The vendors of this process, from Django's settings. The only module here that knows Django."""

from __future__ import annotations

import functools
import os
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .crypto_registry import CryptoSettings, CryptoVendors, build_crypto
from .limits import VendorState
from .llm import Llm, LlmSettings, open_llm
from .registry import Vendors, VendorSettings, build
from .social_registry import SocialSettings, SocialVendors, build_social


@functools.cache
def vendors() -> Vendors:
    """Built once per process; a forked worker builds its own, because connections cannot be shared."""
    from django.conf import settings

    return build(cast(VendorSettings, settings), _valkey())


@functools.cache
def crypto_vendors() -> CryptoVendors:
    """The vendors of the crypto market, built once per process as the others are."""
    from django.conf import settings

    return build_crypto(cast(CryptoSettings, settings), _valkey())


@functools.cache
def social_vendors() -> SocialVendors:
    """X and Reddit, built once per process as the others are; what has no key is None."""
    from django.conf import settings

    return build_social(cast(SocialSettings, settings), _valkey())


@functools.cache
def language_model() -> Llm:
    """The language model, built once per process; asked only if it has a key."""
    from django.conf import settings

    return open_llm(cast(LlmSettings, settings), _valkey())


def vendor_state(vendor: str) -> VendorState:
    """What is known about "polygon", "fmp", "edgar" or "nasdaq", without any call to it. KeyError for another name."""
    return {state.vendor: state for state in vendors().states()}[vendor]


def _valkey() -> redis.Redis:
    from django.conf import settings

    # Short timeouts and one immediate retry: work goes on without Valkey, so waiting for it is worse than missing it.
    client: redis.Redis = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1)
    )
    return client


os.register_at_fork(after_in_child=vendors.cache_clear)
os.register_at_fork(after_in_child=crypto_vendors.cache_clear)
os.register_at_fork(after_in_child=language_model.cache_clear)
os.register_at_fork(after_in_child=social_vendors.cache_clear)
