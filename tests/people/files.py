"""Files to send, and their fingerprints."""

import hashlib
import random
from pathlib import Path

BLOCK = 1 << 20


def a_file(path, size, seed=0):
    """Writes `size` bytes that look random and are the same for the same seed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    bytes_of = random.Random(seed)
    with path.open("wb") as out:
        for start in range(0, size, BLOCK):
            out.write(bytes_of.randbytes(min(BLOCK, size - start)))
    return path


def sha256_of(path):
    """SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
