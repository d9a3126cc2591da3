"""The signatures of files: those of puremagic's table that prove a type, and a few that it lacks."""

from collections.abc import Iterator

import msgspec
from puremagic.main import magic_header_array, multi_part_dict

from domain.values.type_tables.aliases import canonical_type

# Types that their bytes tell for certain. No texts: any text may begin with the words of another kind.
_TYPES = frozenset(
    (
        *("application/epub+zip", "application/gzip", "application/pdf", "application/postscript", "application/rtf"),
        *("application/vnd.rar", "application/vnd.sqlite3", "application/x-7z-compressed", "application/x-bzip2"),
        *("application/x-tar", "application/x-xz", "application/zip", "application/zstd"),
        *(
            "audio/flac",
            "audio/midi",
            "audio/mp4",
            "audio/mpeg",
            "audio/ogg",
            "audio/wav",
            "audio/x-aiff",
            "audio/x-caf",
        ),
        *("font/otf", "font/ttf", "font/woff", "font/woff2"),
        *("image/avif", "image/gif", "image/heic", "image/jp2", "image/jpeg", "image/jxl", "image/png", "image/tiff"),
        *("image/vnd.adobe.photoshop", "image/vnd.djvu", "image/vnd.microsoft.icon", "image/webp"),
        *("video/3gpp", "video/3gpp2", "video/mp4", "video/mpeg", "video/quicktime", "video/webm", "video/x-flv"),
        *("video/x-matroska", "video/x-ms-asf", "video/x-msvideo"),
    )
)
# Signatures in the table that other files have too: containers, and words.
_NO_PROOF = frozenset(
    (
        *(b"FORM", b"I I", b"PKLITE", b"PKSpX", b"RIFF", b"\0\0\0\x1cftyp", b"\0\0\0\x0cjP  ", b"jp2"),
        *(b"free", b"mdat", b"moov", b"pnot", b"skip", b"wide"),
    )
)
_SHORTEST = 3
# By type: pieces and their offsets. ISO base media and EBML files are video for the web unless they say more.
_ADDED: tuple[tuple[str, tuple[tuple[int, bytes], ...]], ...] = (
    ("application/vnd.apache.parquet", ((0, b"PAR1"),)),
    ("application/wasm", ((0, b"\0asm"),)),
    ("audio/aac", ((0, b"\xff\xf1"),)),
    ("audio/aac", ((0, b"\xff\xf9"),)),
    ("audio/mpeg", ((0, b"\xff\xf2"),)),
    ("audio/mpeg", ((0, b"\xff\xf3"),)),
    ("audio/mpeg", ((0, b"\xff\xfa"),)),
    ("audio/mpeg", ((0, b"\xff\xfb"),)),
    ("image/bmp", ((0, b"BM"), (6, bytes(4)))),
    ("image/heic", ((4, b"ftypheic"),)),
    ("image/heif", ((4, b"ftypmif1"),)),
    ("video/mp4", ((4, b"ftyp"),)),
    ("video/webm", ((0, b"\x1aE\xdf\xa3"),)),
)


class _Signature(msgspec.Struct, frozen=True):
    """The type of the files that have all of `pieces`, each at its offset."""

    content_type: str
    pieces: tuple[tuple[int, bytes], ...]

    @property
    def length(self) -> int:
        return sum(len(piece) for _, piece in self.pieces)

    def is_of(self, head: bytes) -> bool:
        return all(head.startswith(piece, offset) for offset, piece in self.pieces)


class PuremagicSignatures:
    """Keeps the port `TypeSignatures`.

    The library's own look-up compares every signature of its table, and takes two letters for one: `BM` is an image.
    """

    def __init__(self) -> None:
        self._by_start: dict[tuple[int, int], list[_Signature]] = {}
        for each in _signatures():
            offset, piece = each.pieces[0]
            self._by_start.setdefault((offset, piece[0]), []).append(each)
        self._offsets = sorted({offset for offset, _ in self._by_start})

    def type_of(self, head: bytes) -> str | None:
        starts = ((offset, head[offset]) for offset in self._offsets if offset < len(head))
        matching = [each for start in starts for each in self._by_start.get(start, ()) if each.is_of(head)]
        # The longest one says most.
        return max(matching, key=lambda each: each.length).content_type if matching else None


def _signatures() -> Iterator[_Signature]:
    for content_type, pieces in _ADDED:
        yield _Signature(content_type, pieces)
    for row in magic_header_array:
        if _proves(content_type := canonical_type(row.mime_type), row.byte_match):
            yield _Signature(content_type, ((row.offset, row.byte_match),))
    for container in (b"FORM", b"RIFF"):
        for row in multi_part_dict[container]:
            if (content_type := canonical_type(row.mime_type)) in _TYPES:
                yield _Signature(content_type, ((0, container), (row.offset, row.byte_match)))


def _proves(content_type: str, piece: bytes) -> bool:
    # Four bytes begin all files in EBML, of which Matroska's name themselves.
    is_sure = len(piece) >= _SHORTEST and piece not in _NO_PROOF
    return content_type in _TYPES and is_sure and (content_type, piece) != ("video/x-matroska", b"\x1aE\xdf\xa3")
