"""All works, in their order: what wants fresh workers comes first, and what fills disks last."""

from bench.works import listings, requests, residents, shares, starts, transfers, workers

WORKS = (
    *residents.AT_REST,
    *requests.WORKS,
    *shares.WORKS,
    *residents.LOADED,
    *workers.WORKS,
    *starts.WORKS,
    *listings.WORKS,
    *transfers.WORKS,
    *residents.TRANSFERS,
)
