"""The flow control of a connection whose requests are parsed one at a time."""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl


class SequentialFlow(FlowControl):
    """Writes nothing more while the transport still has bytes, which are what a client that takes none makes it hold.

    Reads on only while the connection does not hold it: uvicorn resumes reading whenever an application receives.
    """

    _is_held = False

    # While the application waits for bytes of a body, how many to read at once; else 0: few.
    read_size = 0
    # Of a file that is being sent: what the operating system has not taken.
    unsent_file_bytes = 0

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__(transport)
        # The operating system has enough to send until the next bytes come.
        transport.set_write_buffer_limits(high=0)

    def hold_reading(self) -> None:
        """Read no more, whoever asks, until `release_reading`."""
        self._is_held = True
        self.pause_reading()

    def release_reading(self) -> None:
        self._is_held = False
        self.resume_reading()

    def resume_reading(self) -> None:
        if not self._is_held:
            super().resume_reading()
