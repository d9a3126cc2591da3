"""The limits that the service sets itself."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes are in bytes, times in seconds.

    `staged_lease` is how long a claimed blob belongs to one reaper, `signed_url_life` how long a signed request works.
    A direct upload stays open for `direct_upload_life`, a resumable one for `upload_ttl` after the last work on it.
    Jobs are kept for `job_retention` after their end. Files of up to `inline_bytes` are kept in the catalog; with 0,
    none are.
    """

    max_file_size: int
    inline_bytes: int = 0
    staged_lease: float
    signed_url_life: float
    direct_upload_life: float
    upload_ttl: float
    job_retention: float
