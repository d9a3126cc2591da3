"""Domain values to test with: valid, and random where a test does not choose them."""

from functools import cache
from random import getrandbits, randbytes, randrange
from typing import TypeVar
from uuid import uuid4

import msgspec
from polyfactory import Use
from polyfactory.factories.msgspec_factory import MsgspecFactory
from polyfactory.field_meta import FieldMeta

from domain.archives.model import Member
from domain.blobs.model import Blob, new_blob_key
from domain.buckets.model import Policy
from domain.files.model import File, NewFile

T = TypeVar("T", bound=msgspec.Struct)


class ValueFactory(MsgspecFactory[T]):
    """A factory that inspects its model once: to do so for each value takes longer than most tests."""

    __is_base_factory__ = True

    @classmethod
    @cache
    def get_model_fields(cls) -> list[FieldMeta]:
        return super().get_model_fields()


class PolicyFactory(ValueFactory[Policy]):
    """Policies that admit everything."""

    __use_defaults__ = True


class BlobFactory(ValueFactory[Blob]):
    """Blobs of up to 10,000 bytes."""

    key = Use(new_blob_key)
    size = Use(randrange, 10_000)
    sha256 = Use(lambda: randbytes(32).hex())
    crc32 = Use(getrandbits, 32)
    content = None


class NewFileFactory(ValueFactory[NewFile]):
    """Text files in the bucket `default`, each of another name."""

    __use_defaults__ = True

    bucket = "default"
    name = Use(lambda: f"file-{uuid4()}")
    content_type = "text/plain"


class FileFactory(ValueFactory[File]):
    """Files as a catalog returns them."""


class MemberFactory(ValueFactory[Member]):
    """Files as archives have them."""
