"""Near-duplicates: MinHash of five-word shingles, 64 permutations, alike from an estimated Jaccard similarity of .8.

Source: Broder 1997; parameters of methods.md 3.2. datasketch does the hashing and the locality-sensitive index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
from datasketch import MinHash, MinHashLSH

PERMUTATIONS: Final = 64
# Named, because stored values are compared with those of later versions.
SCHEME: Final = "affine32"
SHINGLE: Final = 5
ALIKE: Final = 0.8
# Fewer words than this say too little to be called a copy of anything.
SHORTEST: Final = 8
_NOISE: Final = re.compile(r"https?://\S+|\$[A-Za-z]{1,6}\b|\([A-Za-z ]+:\s*[A-Z.]+\)")
_WORDS: Final = re.compile(r"[^\W_]+(?:'[a-z]+)?")

Signature = npt.NDArray[np.uint32]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without links and tickers: copies often differ in nothing else."""
    return _WORDS.findall(_NOISE.sub(" ", text).lower())


def compute_signature(text: str) -> Signature | None:
    """64 MinHash values of the text's shingles; None where it is shorter than eight words."""
    words = words_of(text)
    if len(words) < SHORTEST:
        return None
    shingles = {" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)}
    sketch = MinHash(num_perm=PERMUTATIONS, seed=1, scheme=SCHEME)
    sketch.update_batch([shingle.encode() for shingle in sorted(shingles)])
    return np.asarray(sketch.hashvalues, dtype=np.uint32)


def compute_similarity(one: Signature, other: Signature) -> float:
    """Estimated Jaccard similarity of two texts, 0 to 1; standard error about .06."""
    return float(np.mean(one == other))


def pack(signature: Signature | None) -> bytes:
    """As it is stored: little-endian uint32, empty for None."""
    return b"" if signature is None else signature.astype("<u4").tobytes()


def unpack(stored: bytes | memoryview) -> Signature | None:
    """What `pack` made."""
    if len(stored) != 4 * PERMUTATIONS:
        return None
    return np.frombuffer(bytes(stored), dtype="<u4").astype(np.uint32)


class DuplicateIndex:
    """Representatives of the clusters of the last days, to look up what a new text repeats."""

    def __init__(self, known: Iterable[tuple[int, Signature]] = ()) -> None:
        """known: cluster id and signature of each representative."""
        self._lsh = MinHashLSH(threshold=ALIKE, num_perm=PERMUTATIONS)
        self._signatures: dict[int, Signature] = {}
        for cluster, signature in known:
            self.add(cluster, signature)

    def add(self, cluster: int, signature: Signature) -> None:
        """Take a representative in; one that is known already stays as it is."""
        if cluster not in self._signatures:
            self._lsh.insert(cluster, _sketch(signature))
            self._signatures[cluster] = signature

    def find(self, signature: Signature) -> int | None:
        """The cluster whose representative is most alike, from .8 on; the older one of two that are equally so."""
        found = [
            (compute_similarity(signature, self._signatures[cluster]), -cluster)
            for cluster in self._lsh.query(_sketch(signature))
        ]
        best = max((pair for pair in found if pair[0] >= ALIKE), default=None)
        return None if best is None else -best[1]


def _sketch(signature: Signature) -> MinHash:
    return MinHash(num_perm=PERMUTATIONS, seed=1, scheme=SCHEME, hashvalues=signature)
