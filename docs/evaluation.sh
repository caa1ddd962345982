#!/usr/bin/env bash
# The honest numbers of the sector light on real input: imports the daily panel into a database of its own
# (var/evaluation), replays a span of sessions after each close, prints the scoreboard and computes every stored reading
# again from rows cut at its moment. The whole panel takes about half an hour on two cores.
#
#   bash docs/evaluation.sh [DATA [FROM [TO]]]     DATA: the folder of docs/real-input.md, default ../shared/data
set -euo pipefail
data=$(realpath "${1:-$(dirname "$0")/../../shared/data}") from=${2:-2024-04-03} to=${3:-2026-08-21}
cd "$(dirname "$0")/.."
[ -d "$data/market" ] || { echo "no real data at $data: name its folder as the first argument"; exit 1; }
folder=var/evaluation
if [ -z "${INSIDE:-}" ]; then
  unset DATABASE_URL REDIS_URL
  export INSIDE=1 LOG_LEVEL=WARNING MARKET_CLOCK=wall OPENBLAS_NUM_THREADS=1
  exec .venv/bin/python -m sentiment_site.services run --keep "$folder" -- bash docs/evaluation.sh "$data" "$from" "$to"
fi
manage() { .venv/bin/python manage.py "$@"; }
manage migrate --verbosity 0
manage import_reference --kind symbols "$data/market/us_symbols_reference_2021_2026.csv.gz"
manage import_reference --kind splits "$data/market/price_discontinuities_splits.csv.gz"
manage import_reference --kind float --effective-on 2023-08-31 "$data/market/finviz_float_short_2023-08.csv.gz"
manage import_bars "$data/market/us_daily_close_volume_shares_20240102_20260821.parquet"
manage import_bars --kind ETF --symbols IWM,SPY,XLK,XLV,XLE,XLF,XLY,XLI,XLB,XLU --start 2024-01-02 \
  "$data/bars/largecap_etf_crypto_daily_ohlcv_2021_20260821.parquet"
manage replay --from "$from" --to "$to" > "$folder/replay.txt"
manage evaluate_light --source replay --from "$from" --to "$to" --json "$folder/scoreboard.json" | tee "$folder/scoreboard.md"
manage evaluate_light --source replay --from "$from" --to "$to" --verify-look-ahead
