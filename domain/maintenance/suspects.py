"""Live blobs whose bytes may be damaged, and the findings about them."""

from typing import NamedTuple

from domain.blobs.model import InlineRecord
from domain.maintenance.merge_join import JoinedBlob
from domain.maintenance.model import Finding, FindingKind


class Suspect(NamedTuple):
    """A blob that was live, and its size in the store's listing, None where it was not listed."""

    key: str
    size: int
    sha256: str
    listed: int | None

    def missing(self) -> Finding:
        """Return the finding that the store has no bytes of it."""
        return self._finding(FindingKind.MISSING, f"No bytes; {self._expected}.")

    def wrong_size(self, size: int) -> Finding:
        """Return the finding that the store has `size` bytes of it."""
        return self._finding(FindingKind.WRONG_SIZE, f"{size} bytes; {self._expected}.")

    def corrupt(self, sha256: str, size: int) -> Finding:
        """Return the finding that its bytes have another SHA-256."""
        return self._finding(
            FindingKind.CORRUPT, f"{size} bytes with SHA-256 {sha256}; there should be {self.size} with {self.sha256}."
        )

    def unreadable(self) -> Finding:
        """Return the finding that the store lists its bytes and does not return them."""
        return self._finding(
            FindingKind.UNREADABLE, f"The store does not give its {self.size} bytes with SHA-256 {self.sha256}."
        )

    @property
    def _expected(self) -> str:
        return f"there should be {self.size} with SHA-256 {self.sha256}"

    def _finding(self, kind: FindingKind, detail: str) -> Finding:
        return Finding(kind=kind, subject=self.key, detail=detail)


def inline_fault(inline: InlineRecord) -> Finding | None:
    """Return the finding about an inline blob whose bytes are not those of its record, None where they are."""
    record = inline.record
    if record.state != "live" or record.size is None or record.sha256 is None:
        return None
    suspect = Suspect(record.key, record.size, record.sha256, inline.actual_size)
    if inline.actual_size != record.size:
        return suspect.wrong_size(inline.actual_size)
    if inline.actual_sha256 not in {None, record.sha256}:
        return suspect.corrupt(str(inline.actual_sha256), inline.actual_size)
    return None


def suspect_of(blob: JoinedBlob, *, deep: bool) -> Suspect | None:
    """Return the blob where it is live and to be looked at: all of them if `deep`, else those of a wrong size."""
    record, listed = blob.record, blob.stored.size if blob.stored else None
    if record is None or record.state != "live" or record.size is None or record.sha256 is None:
        return None
    return Suspect(record.key, record.size, record.sha256, listed) if deep or listed != record.size else None
