"""aioboto3, without libraries that it would use because they are there, and that none of our requests reaches.

Import this before anything of AWS's. Each worker is spared 6 MiB, with what `adapters.checksums` leaves for later:

- awscrt, for checksums that we do not ask botocore for, and for SigV4A.
- httpx, with click and rich: aiobotocore's other way to send requests. The tests have it.

Where botocore was imported before, nothing changes.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def _absent(*names: str) -> Iterator[None]:
    """Have imports of these packages fail inside, as if they were not installed."""
    modules: dict[str, ModuleType | None] = dict(sys.modules)
    kept = {name: modules[name] for name in names if name in modules}
    # An entry of None makes the import raise `ModuleNotFoundError` (Python's reference, "The module cache").
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]
        sys.modules.update(kept)  # type: ignore[arg-type]


with _absent("awscrt", "httpx"):
    import aioboto3  # noqa: F401
