"""Kernels run with numpy errors raised: a silent NaN or overflow is a failure."""

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _numpy_errors_raised() -> Iterator[None]:
    with np.errstate(all="raise"):
        yield
