"""Domain values to test with: sound, and anew each time, but for what a test says."""

from random import randbytes, randrange
from uuid import uuid4

from polyfactory import Use
from polyfactory.factories.msgspec_factory import MsgspecFactory

from domain.archives.model import Member
from domain.blobs.model import Blob, new_blob_key
from domain.buckets.model import Policy
from domain.files.model import File, NewFile


class PolicyFactory(MsgspecFactory[Policy]):
    """Policies that admit everything."""

    __use_defaults__ = True


class BlobFactory(MsgspecFactory[Blob]):
    """Blobs of up to 10,000 bytes."""

    key = Use(new_blob_key)
    size = Use(randrange, 10_000)
    sha256 = Use(lambda: randbytes(32).hex())


class NewFileFactory(MsgspecFactory[NewFile]):
    """Text files in the bucket `default`, each of another name."""

    __use_defaults__ = True

    bucket = "default"
    name = Use(lambda: f"file-{uuid4()}")
    content_type = "text/plain"


class FileFactory(MsgspecFactory[File]):
    """Files as a catalog gives them."""


class MemberFactory(MsgspecFactory[Member]):
    """Files as archives have them."""
