"""What one measurement gives."""

import msgspec

# Percentiles of latency that are kept, in percent.
PERCENTILES = (50, 75, 90, 99)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One round of one side. `value` is in the unit of its figure, `latencies` in seconds by percentile.

    `count`: how many requests, or megabytes, it had; `processor`: the side's processor time for each, in seconds.
    """

    value: float
    latencies: dict[str, float] = {}
    count: float = 0
    processor: float | None = None


def transferred(size: int, seconds: float, processor: float | None = None) -> Sample:
    """Return the sample, in MB/s, of a transfer that took so many seconds, and so many of the side's processor."""
    megabytes = size / 1e6
    used = None if processor is None else processor / megabytes
    return Sample(value=megabytes / seconds, count=megabytes, processor=used)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What one side did of one work, in each round. `unit`: such as `/s`, `MB/s`, `MiB`, `s`."""

    side: str
    work: str
    unit: str
    samples: list[Sample]

    @property
    def values(self) -> list[float]:
        return [sample.value for sample in self.samples]

    @property
    def processor(self) -> list[float] | None:
        """The processor time of each round, in seconds for each request or megabyte; None where one is not known."""
        known = [sample.processor for sample in self.samples if sample.processor]
        return known if known and len(known) == len(self.samples) else None
