"""RSS: headlines, press releases, macro news, and the exchanges' lists of trading halts (upstreams.md 5.4, 5.5)."""
