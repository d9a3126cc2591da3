"""Find a file whose bytes a caller may read."""

import msgspec

from domain.access.callers import Caller
from domain.buckets.model import Policy
from domain.files.access import require_read
from domain.files.addresses import check_address
from domain.files.errors import NoSuchFileError
from domain.files.model import Address, File, Location
from domain.files.ports import Files


class Readable(msgspec.Struct, frozen=True):
    """A file, the policy of its bucket, and whether anybody may read it at the address that was asked for.

    `content` are its bytes, where its blob is inline and they were asked for.
    """

    file: File
    policy: Policy
    is_public: bool
    content: bytes | None = None


async def find_readable(files: Files, caller: Caller, address: Address, *, with_content: bool = True) -> Readable:
    """Return the file: in a public bucket anybody may read it by its name.

    Raises `InvalidBucketError`, `InvalidNameError`, and as `require_read`: for a file that is missing as for one that
    the caller may not see.
    """
    try:
        address, only_public = check_address(address), caller.kind == "nobody"
        if with_content:
            file, policy, content = await files.get_file_with_content(address, only_public=only_public)
        else:
            file, policy = await files.get_file_with_policy(address, only_public=only_public)
            content = None
    except NoSuchFileError as missing:
        raise caller.refusal(missing) from None
    is_public = policy.public and isinstance(address, Location)
    if not is_public:
        require_read(caller, file)
    return Readable(file, policy, is_public, content)
