"""A batch in a process of its own that stops in the middle of its second chunk, until it is killed.

`python -m tests.portfolios.valuation.slow_batch` prints a line when it is there. Two books a chunk.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import django

if __name__ == "__main__":
    django.setup()
    from portfolios.valuation import batch
    from sentiment_site.market import clock
    from tests.portfolios.books.conftest import NOW

    batch.CHUNK_BOOKS = 2
    mark, chunks = batch._Chunk._mark, []

    def wait_in_the_second(self: Any, *args: Any) -> None:
        chunks.append(self)
        if len(chunks) == 2:  # its rows are written, its marks are not, and nothing is committed
            print("in the middle", flush=True)
            time.sleep(60)
        mark(self, *args)

    batch._Chunk._mark = wait_in_the_second  # type: ignore[method-assign]
    with clock.frozen(NOW):
        batch.value_books(final=True)
    sys.exit("nobody killed it")
