"""What one measurement gives."""

import msgspec

# Percentiles of latency that are kept, in percent.
PERCENTILES = (50, 75, 90, 99)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One round of one side. `value` is in the unit of its figure, `latencies` in seconds by percentile."""

    value: float
    latencies: dict[str, float] = {}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What one side did of one work, in each round. `unit`: such as `/s`, `MB/s`, `MiB`, `s`."""

    side: str
    work: str
    unit: str
    samples: list[Sample]

    @property
    def values(self) -> list[float]:
        return [sample.value for sample in self.samples]
