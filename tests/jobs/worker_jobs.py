"""Named by `celery --include`: a real worker that knows the tests' jobs."""

from . import sample_jobs

sample_jobs.register()
