"""The unit of sending: a whole body, or a part of one."""

from io import BytesIO
from typing import NamedTuple


class Part(NamedTuple):
    """Consecutive bytes of a body."""

    data: BytesIO
    size: int
