"""Where one message ends and the next begins, in bytes that arrive in pieces of any size."""

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.server.http1.message_end import MessageEnd

# Bytes that look like ends of lines and of chunked bodies.
CONTENT = st.lists(st.sampled_from([b"\r", b"\n", b"0", b"a", b"\r\n0\r\n\r\n"]), min_size=1).map(b"".join)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Parser:
    """Counts the messages that a parser begins and ends."""

    def __init__(self, message_end: MessageEnd) -> None:
        self.begun = 0
        self.ended = 0
        self._message_end = message_end
        self._length: int | None = 0

    def on_message_begin(self) -> None:
        self.begun += 1
        self._length = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if name == b"Content-Length":
            self._length = int(value)
        elif name == b"Transfer-Encoding":
            self._length = None

    def on_headers_complete(self) -> None:
        self._message_end.begin_body(self._length)

    def on_message_complete(self) -> None:
        self._message_end.end_message()
        self.ended += 1


def with_length(content: bytes) -> bytes:
    return b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content)


def chunked(chunks: list[bytes], last: bytes, trailers: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body + last + b"\r\n" + trailers + b"\r\n"


MESSAGES = st.one_of(
    st.just(GET),
    CONTENT.map(with_length),
    st.builds(
        chunked,
        st.lists(CONTENT, max_size=3),
        st.sampled_from([b"0", b"000", b"0;a=0"]),
        st.sampled_from([b"", b"A: b\r\n", b"0: 0\r\nB: c\r\n"]),
    ),
)


@given(st.lists(MESSAGES, min_size=1, max_size=4), st.integers(1, 40))
def test_no_piece_has_bytes_of_two_messages(messages: list[bytes], size: int) -> None:
    data = b"".join(messages)
    message_end = MessageEnd()
    counted = Parser(message_end)
    parser = httptools.HttpRequestParser(counted)
    start, ends = 0, []
    while start < len(data):
        arrived = min(start + size, len(data))
        end = message_end.take(data, start, arrived)
        assert start < end <= arrived
        ended = counted.ended
        parser.feed_data(data[start:end])
        if counted.ended > ended:
            assert counted.begun == counted.ended
            ends.append(end)
        start = end
    assert ends == [sum(map(len, messages[: index + 1])) for index in range(len(messages))]


@pytest.mark.parametrize("content", [b"x" * 100_000, b"0\n" * 50_000, b"\r\n" * 50_000])
def test_content_is_given_to_the_parser_in_large_pieces(content: bytes) -> None:
    message_end = MessageEnd()
    message_end.begin_body(None)
    data = b"%x\r\n%s" % (len(content), content)
    assert message_end.take(data, 0, len(data)) == len(data)
