#!/usr/bin/env bash
# The main path on real input: imports the files beside the repository into a database of its own (var/real) and replays
# three sessions. `make real-input` runs it; docs/real-input.md holds its outcome. SHARED_DATA names another folder.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${SHARED_DATA:-../shared/data}
[ -d "$data" ] || { echo "no real data at $data: set SHARED_DATA"; exit 1; }
if [ -z "${INSIDE:-}" ]; then
  unset DATABASE_URL REDIS_URL
  export INSIDE=1 LOG_LEVEL=WARNING MARKET_CLOCK=wall OPENBLAS_NUM_THREADS=1
  exec .venv/bin/python -m sentiment_site.services run --keep var/real -- bash "$0"
fi
manage() { .venv/bin/python manage.py "$@"; }
manage migrate --verbosity 0
manage import_reference --kind symbols "$data/market/us_symbols_reference_2021_2026.csv.gz"
manage import_reference --kind splits "$data/market/price_discontinuities_splits.csv.gz"
manage import_reference --kind float --effective-on 2023-08-31 "$data/market/finviz_float_short_2023-08.csv.gz"
manage import_bars "$data/market/us_daily_close_volume_shares_20240102_20260821.parquet"
manage import_bars --kind ETF --symbols IWM,SPY,XLK,XLV,XLE,XLF,XLY,XLI,XLB,XLU --start 2024-01-02 \
  "$data/bars/largecap_etf_crypto_daily_ohlcv_2021_20260821.parquet"
manage replay --sessions 2024-05-14,2025-04-09,2026-08-21 --markdown var/real/outcome.md
