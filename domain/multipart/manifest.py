"""The parts that a caller completes an upload with, checked against those that have come, and the sums of the whole."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from domain.files.attributes import Checksum, ChecksumKind, Sums
from domain.multipart.errors import (
    InvalidPartError,
    InvalidPartOrderError,
    PartTooSmallError,
    WrongPartChecksumError,
)
from domain.multipart.model import LEAST_PART_SIZE, ChosenPart, Part, PartChecksums
from domain.values.checksums import DEFAULT_ALGORITHM, Checksums
from domain.values.errors import DigestMismatchError

DEFAULT_CHECKSUMS = PartChecksums(algorithm=DEFAULT_ALGORITHM, kind="FULL_OBJECT")


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller says of an upload that it completes: its parts and, if it likes, the whole's size and checksum.

    `checksum` is in Base64; a composite one may have the number of parts behind it. `algorithm` and `kind` are those of
    the checksum, for one that is not declared, too.
    """

    parts: tuple[ChosenPart, ...]
    size: int | None = None
    checksum: str | None = None
    algorithm: str | None = None
    kind: ChecksumKind | None = None


def check_order(chosen: Sequence[ChosenPart]) -> None:
    """Raise `InvalidPartError` where there is no part, `InvalidPartOrderError` unless their numbers ascend."""
    if not chosen:
        raise InvalidPartError("At least one part is needed.")
    numbers = [part.number for part in chosen]
    if any(number >= following for number, following in pairwise(numbers)):
        raise InvalidPartOrderError("The parts are not in ascending order of their numbers.")


def choose(chosen: Sequence[ChosenPart], there: Mapping[int, Part], algorithm: str) -> list[Part]:
    """Return the chosen ones of the parts that are `there`, by number, with checksums by `algorithm`.

    Raises `InvalidPartError` where one is missing or has other bytes, `PartTooSmallError`.
    """
    parts: list[Part] = []
    for each in chosen:
        part = there.get(each.number)
        if part is None or part.md5 != each.md5:
            raise InvalidPartError(f"Part {each.number} is not there with that entity tag.", number=each.number)
        if dict(each.checksums).get(algorithm, part.checksum) != part.checksum:
            raise InvalidPartError(f"Part {each.number} is not there with that checksum.", number=each.number)
        parts.append(part)
    for part in parts[:-1]:
        if part.size < LEAST_PART_SIZE:
            raise PartTooSmallError(
                f"Part {part.number} has {part.size} bytes; all parts but the last have at least {LEAST_PART_SIZE}."
            )
    return parts


def sums_of(parts: Sequence[Part], wanted: PartChecksums | None, checksums: Checksums) -> Sums:
    """Return the sums of the whole: the MD5 of the parts' MD5s with their number, and the checksum, likewise or not."""
    md5 = hashlib.md5(b"".join(bytes.fromhex(part.md5) for part in parts), usedforsecurity=False).hexdigest()
    how = wanted or DEFAULT_CHECKSUMS
    values = [b64decode(part.checksum or "") for part in parts]
    if how.kind == "FULL_OBJECT":
        sizes = [part.size for part in parts]
        combined = checksums.combine(how.algorithm, zip(values, sizes, strict=True))
        value = b64encode(combined).decode()
    else:
        running = checksums.begin(how.algorithm)
        running.update(b"".join(values))
        value = f"{b64encode(running.digest()).decode()}-{len(parts)}"
    return Sums(md5=f"{md5}-{len(parts)}", checksum=Checksum(algorithm=how.algorithm, value=value, kind=how.kind))


def check_whole(completion: Completion, wanted: PartChecksums | None, checksum: Checksum | None, *, size: int) -> None:
    """Raise unless the whole is as the caller says.

    Raises `WrongPartChecksumError` for another algorithm or kind, `DigestMismatchError`, and `InvalidPartError` for
    another size.
    """
    if completion.size is not None and completion.size != size:
        raise InvalidPartError(f"The parts have {size} bytes together, not the {completion.size} declared.")
    how = wanted or DEFAULT_CHECKSUMS
    if completion.algorithm not in {None, how.algorithm} or completion.kind not in {None, how.kind}:
        raise WrongPartChecksumError(f"The upload was begun with a checksum of {how.algorithm} of the type {how.kind}.")
    given = completion.checksum
    if given is not None and checksum is not None and given not in {checksum.value, checksum.value.partition("-")[0]}:
        raise DigestMismatchError(f"The {checksum.algorithm} of the parts is {checksum.value}, not {given}.")
