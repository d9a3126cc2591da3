"""The ends of messages in the bytes of a connection, so that a parser is never given two requests at once."""

import re

# A head, a chunked body and its trailer section end with an empty line (RFC 9112, sections 2.1 and 7.1).
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_ZERO = ord("0")


class MessageEnd:
    """Follows one message after the other through the bytes that are given to the parser.

    The parser stays the judge: these are the places where a message may end, and in one that does not end there, the
    next place is looked for.
    """

    def __init__(self) -> None:
        # The last bytes before those that are looked at, and the rest of a body whose length is known.
        self._before = b""
        self._left = 0
        self._is_chunked = False
        self._may_end = True

    def end_message(self) -> None:
        """Expect the head of the next message."""
        self._before = b""
        self._left = 0
        self._is_chunked = False

    def begin_body(self, length: int | None) -> None:
        """Expect a body of `length` bytes, a chunked one where that is None."""
        self._left = length or 0
        self._is_chunked = length is None
        self._before = b"\n"
        self._may_end = False

    def take(self, data: bytes | bytearray, start: int, stop: int) -> int:
        """Return the end of the longest piece of `data`, from `start` to `stop` at most, that is surely of one message.

        The caller parses the piece before it takes the next one.
        """
        if self._left:
            end = min(stop, start + self._left)
            self._left -= end - start
            return end
        end = (
            self._end_of_chunks(data, start, stop) if self._is_chunked else self._end_of_lines(data, start, start, stop)
        )
        self._before = (self._before + data[max(start, end - 2) : end])[-2:]
        return end

    def _end_of_chunks(self, data: bytes | bytearray, start: int, stop: int) -> int:
        # The size of the last chunk is 0 (section 7.1), though a line of the content may begin with that, too.
        line = start
        if not self._may_end:
            if not (self._before.endswith(b"\n") and data[start] == _ZERO):
                line = data.find(b"\n0", start, stop)
            if line < 0:
                return stop
            self._may_end = True
        end = self._end_of_lines(data, start, line, stop)
        if _ends_with_empty_line(self._before + data[max(start, end - 3) : end]):
            self._may_end = False
        return end

    def _end_of_lines(self, data: bytes | bytearray, start: int, line: int, stop: int) -> int:
        """Return the end of the first empty line from `line` on, whose beginning may be before `start`."""
        if line == start and self._before:
            seam = self._before + data[start : min(stop, start + 2)]
            if (found := _EMPTY_LINE.search(seam)) and found.end() > len(self._before):
                return start + found.end() - len(self._before)
        found = _EMPTY_LINE.search(data, line, stop)
        return found.end() if found else stop


def _ends_with_empty_line(tail: bytes | bytearray) -> bool:
    return tail.endswith((b"\n\n", b"\n\r\n"))
