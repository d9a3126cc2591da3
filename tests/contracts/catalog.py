"""The contracts of the catalog's ports, as one suite.

Import everything from here into a test module, and give its folder the fixtures `catalog`, `grace` and `damage`.
"""

from tests.contracts.audit.denials import TestDenials
from tests.contracts.audit.listing import TestListingTheAudit
from tests.contracts.audit.recording import TestRecordingChanges
from tests.contracts.blobs import TestBlobRecords
from tests.contracts.buckets import TestBuckets
from tests.contracts.callers.access import TestAccess
from tests.contracts.callers.keys import TestGrantingKeys, TestKeepingKeys, TestKeyRecords
from tests.contracts.callers.links import TestCountingLinks, TestKeepingLinks, TestPasswordAttempts
from tests.contracts.direct_uploads import TestDirectUploads
from tests.contracts.idempotency import TestIdempotencyKeys
from tests.contracts.integrity import TestCatalogIntegrity
from tests.contracts.jobs import TestClaimingJobs, TestJobSteps, TestKeepingJobs
from tests.contracts.multipart.completing import TestCompletingMultipartUploads
from tests.contracts.multipart.uploads import TestMultipartUploads, TestParts
from tests.contracts.quotas import TestQuotas
from tests.contracts.search.by_name import TestListingByName
from tests.contracts.search.filters import TestFileFilters
from tests.contracts.search.listing import TestFileOrder, TestFilePages, TestSongs
from tests.contracts.search.names import TestNamesInListings
from tests.contracts.search.paths import TestEitherForm
from tests.contracts.search.where import TestWhere
from tests.contracts.stored.archives import TestArchives
from tests.contracts.stored.attributes import TestAttributes
from tests.contracts.stored.batches import TestBatches
from tests.contracts.stored.commits import TestCommittingFiles, TestLeases
from tests.contracts.stored.copies import TestCopyingFiles
from tests.contracts.stored.copies_over import TestCopyingOver
from tests.contracts.stored.files import TestChangingFiles, TestDeletingFiles, TestFindingFiles, TestMovingFiles
from tests.contracts.stored.inline import TestCommittingInlineFiles
from tests.contracts.uploads import TestUploads

__all__ = [
    "TestAccess",
    "TestArchives",
    "TestAttributes",
    "TestBatches",
    "TestBlobRecords",
    "TestBuckets",
    "TestCatalogIntegrity",
    "TestChangingFiles",
    "TestClaimingJobs",
    "TestCommittingFiles",
    "TestCommittingInlineFiles",
    "TestCompletingMultipartUploads",
    "TestCopyingFiles",
    "TestCopyingOver",
    "TestCountingLinks",
    "TestDeletingFiles",
    "TestDenials",
    "TestDirectUploads",
    "TestEitherForm",
    "TestFileFilters",
    "TestFileOrder",
    "TestFilePages",
    "TestFindingFiles",
    "TestGrantingKeys",
    "TestIdempotencyKeys",
    "TestJobSteps",
    "TestKeepingJobs",
    "TestKeepingKeys",
    "TestKeepingLinks",
    "TestKeyRecords",
    "TestLeases",
    "TestListingByName",
    "TestListingTheAudit",
    "TestMovingFiles",
    "TestMultipartUploads",
    "TestNamesInListings",
    "TestParts",
    "TestPasswordAttempts",
    "TestQuotas",
    "TestRecordingChanges",
    "TestSongs",
    "TestUploads",
    "TestWhere",
]
