"""All works, in their order: what wants fresh workers comes first, and what fills disks last."""

from bench.works import listings, requests, residents, s3_protocol, shares, starts, transfers, workers

WORKS = (
    *residents.AT_REST,
    *requests.WORKS,
    *s3_protocol.SMALL_WORKS,
    *shares.WORKS,
    *residents.LOADED,
    *workers.WORKS,
    *starts.WORKS,
    *listings.WORKS,
    *transfers.WORKS,
    *s3_protocol.LARGE_WORKS,
    *residents.TRANSFERS,
)
