"""What a soak is asked to do."""

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """It ends after `seconds`, or after so many `kills`, whichever is given and comes first.

    `seed` decides the requests and the moments of the kills; how the two meet is up to the machine. Of several
    `replicas` the first is killed and the others are not. `kills_postgres`: the embedded stack's own, now and then.
    Durations in seconds.
    """

    seed: int
    seconds: float | None = None
    kills: int | None = None
    clients: int = 6
    replicas: int = 1
    kills_postgres: bool = False
    kills_first_start: bool = False
    # Longer than any download here takes.
    blob_grace: float = 8
    staged_lease: float = 8
    reaper_interval: float = 0.5

    def environ(self) -> dict[str, str]:
        """Return the settings of every server."""
        return {
            "FILEPORT_BLOB_GRACE": str(self.blob_grace),
            "FILEPORT_STAGED_LEASE": str(self.staged_lease),
            "FILEPORT_REAPER_INTERVAL": str(self.reaper_interval),
            # Some of the files are inline, and some are not.
            "FILEPORT_INLINE_BYTES": "4096",
            # A line for each request would fill the disk in hours.
            "FILEPORT_LOG_LEVEL": "warning",
        }
