"""Hashes of uploads in progress are those of their bytes, or are not known."""

import hashlib
import zlib

from domain.blobs.model import Blob
from domain.blobs.running_hash import RunningHash
from domain.uploads.running_hashes import RunningHashes
from domain.values.ids import new_id


def hash_of(data: bytes) -> RunningHash:
    hash_ = RunningHash()
    hash_.update(data)
    return hash_


def test_a_hash_goes_on_where_it_was() -> None:
    hashes, id_ = RunningHashes(), new_id()
    hashes.keep(id_, hash_of(b"abc"))
    taken = hashes.take(id_, 3)
    assert taken is not None
    taken.update(b"def")
    assert taken.sha256 == hashlib.sha256(b"abcdef").hexdigest()
    assert taken.blob("k").crc32 == zlib.crc32(b"abcdef")
    assert hashes.take(id_, 3) is None


def test_a_hash_of_other_bytes_is_not_known() -> None:
    hashes, id_ = RunningHashes(), new_id()
    hashes.keep(id_, hash_of(b"abc"))
    assert hashes.take(id_, 4) is None
    assert hashes.take(new_id(), 3) is None


def test_an_upload_without_bytes_begins_anew() -> None:
    hashes, id_ = RunningHashes(), new_id()
    hashes.keep(id_, hash_of(b"abc"))
    taken = hashes.take(id_, 0)
    assert taken is not None
    assert taken.sha256 == hashlib.sha256().hexdigest()


def test_a_copy_is_independent() -> None:
    hash_ = hash_of(b"abc")
    copy = hash_.copy()
    hash_.update(b"x")
    assert copy.blob("k") == Blob(key="k", size=3, sha256=hashlib.sha256(b"abc").hexdigest(), crc32=zlib.crc32(b"abc"))


def test_the_hashes_that_were_used_last_are_kept() -> None:
    hashes, ids = RunningHashes(limit=2), [new_id() for _ in range(3)]
    for id_ in (ids[0], ids[1], ids[0], ids[2]):
        hashes.keep(id_, hash_of(b"abc"))
    assert [hashes.take(id_, 3) is not None for id_ in ids] == [True, False, True]
