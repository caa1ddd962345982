"""RSS: headlines, releases, macro news (upstreams.md 5.4), lists of trading halts (5.5), Nasdaq's threshold list."""
