"""The system's clock."""

import sys
import time


class SystemClock:
    """Keeps the port `Clock`."""

    def monotonic(self) -> float:
        # Leases run on in the catalog while this machine sleeps; Python's own clock stands still meanwhile.
        return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()
