"""The rules for the addresses of files, and for the destinations of copies."""

from domain.buckets.model import check_bucket_name
from domain.errors import InvalidInputError
from domain.files.model import Address, Destination, Location
from domain.files.names import check_file_name, check_path_name


def check_address(address: Address) -> Address:
    """Return `address` if a file may have it, else raise `InvalidBucketError` or `InvalidNameError`."""
    if isinstance(address, Location):
        check_bucket_name(address.bucket)
        check_file_name(address.name)
    return address


def check_destination(to: Destination) -> Destination:
    """Return `to` if a copy may have it.

    Raises `InvalidInputError` where it names neither bucket nor name, `InvalidNameError`, `InvalidBucketError`.
    """
    if to.name is None and to.bucket is None:
        raise InvalidInputError("A copy needs another name or another bucket.")
    if to.name is not None:
        check_path_name(to.name)
    if to.bucket is not None:
        check_bucket_name(to.bucket)
    return to
