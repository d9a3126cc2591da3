"""The limits that use cases are tested with."""

from domain.values.limits import Limits

LIMITS = Limits(
    max_file_size=16 * 1024 * 1024,
    staged_lease=900,
    signed_url_life=3600,
    direct_upload_life=86_400,
    upload_ttl=3600,
    job_retention=604_800,
)
