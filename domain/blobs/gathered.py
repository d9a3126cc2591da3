"""Chunks that are gathered until they are worth a call in a thread."""

# In bytes. Smaller chunks are joined: a list of tiny ones would take far more memory than their bytes.
_JOINED_BELOW = 16 * 1024
# In bytes: a piece, and what one piece of each body may have together, where that leaves enough for each.
_LARGEST_PIECE = 1024 * 1024
_SMALLEST_PIECE = 128 * 1024
_ALL_PIECES = 8 * 1024 * 1024


def piece_size(bodies: int) -> int:
    """Return how many bytes to gather where so many bodies do: the fewer, the more, so that memory stays bounded."""
    return max(_SMALLEST_PIECE, min(_LARGEST_PIECE, _ALL_PIECES // max(1, bodies)))


class Gathered:
    """Some `size` bytes, in the chunks that they came in, which are not copied unless they are small."""

    __slots__ = ("chunks", "size")

    def __init__(self) -> None:
        self.chunks: list[bytes | bytearray] = []
        self.size = 0

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if len(chunk) >= _JOINED_BELOW:
            self.chunks.append(chunk)
        elif self.chunks and isinstance(self.chunks[-1], bytearray):
            self.chunks[-1] += chunk
        elif chunk:
            self.chunks.append(bytearray(chunk))
