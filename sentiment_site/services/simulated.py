"""Where the simulated vendors are, as the settings ask for it."""

from __future__ import annotations

import secrets


def vendor_settings(base: str) -> dict[str, str]:
    """Environment of a product whose vendors are all simulated at `base`, with one key made up for all of them."""
    # Any key will do for the simulator; not a word, because keys are masked wherever they appear in messages.
    key = secrets.token_hex(16)
    return {
        "POLYGON_BASE_URL": f"{base}/polygon",
        "POLYGON_API_KEY": key,
        "POLYGON_RATE_PER_S": "500",
        "FMP_BASE_URL": f"{base}/fmp/stable",
        "FMP_API_KEY": key,
        "FMP_RATE_PER_S": "500",
        "EDGAR_BASE_URL": f"{base}/edgar",
        "EDGAR_DATA_BASE_URL": f"{base}/edgar",
        "EDGAR_USER_AGENT": "Sectorlight demo@sectorlight.example",
        "EDGAR_RATE_PER_S": "200",
        "HALTS_URL": f"{base}/rss/halts.xml",
        "THRESHOLD_LIST_URL": f"{base}/rss/nasdaqth{{day}}.txt",
        "RSS_FEEDS": f"{base}/rss/news.xml {base}/rss/macro.xml",
        "X_BASE_URL": f"{base}/x",
        "X_BEARER_TOKEN": key,
        "X_BUDGET_PER_DAY": "1000",
        "REDDIT_LOGIN_URL": f"{base}/reddit",
        "REDDIT_BASE_URL": f"{base}/reddit",
        "REDDIT_CLIENT_ID": key,
        "REDDIT_CLIENT_SECRET": key,
        "REDDIT_USER_AGENT": "server:sectorlight-demo:0.1 (by /u/sectorlight)",
        "COINGECKO_BASE_URL": f"{base}/coingecko/api/v3",
        "COINGECKO_API_KEY": key,
        "COINGECKO_RATE_PER_MIN": "12000",
        "COINGECKO_CALLS_PER_DAY": "0",
        "COINPAPRIKA_BASE_URL": f"{base}/coinpaprika/v1",
        "COINPAPRIKA_CALLS_PER_DAY": "0",
        "ALTERNATIVE_BASE_URL": f"{base}/alternative",
        "ANTHROPIC_BASE_URL": f"{base}/anthropic",
        "ANTHROPIC_API_KEY": key,
    }


NAMES = tuple(vendor_settings(""))
