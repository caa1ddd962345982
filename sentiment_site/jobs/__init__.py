"""Everything that runs in the background: what may run, what ran, how it ended and whose fault it was.

See docs/platform/jobs.md.
"""
