"""Option chains, the chart, and confluence: collected, scored, shown, and held against what came of it."""
