"""The product's settings for servers beside a benchmark, with the collected static files where it put them."""

from __future__ import annotations

import os

from sentiment_site.settings import *  # noqa: F403

STATIC_ROOT = os.environ["BENCH_STATIC_ROOT"]
