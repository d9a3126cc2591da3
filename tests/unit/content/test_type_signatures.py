"""The signatures that tell a file's type."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile

import pytest

from adapters.type_signatures import PuremagicSignatures

SIGNATURES = PuremagicSignatures()


def zipped(**files: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return archive.getvalue()


def tarred() -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writer:
        writer.addfile(tarfile.TarInfo("a"))
    return archive.getvalue()


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
        (b"\xff\xd8\xff\xdb\0C\0", "image/jpeg"),
        (b"GIF89a\1\0\1\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
        (b"RIFF\x24\0\0\0ACONLIST", None),
        (b"FORM\0\0\0\x24AIFFCOMM", "audio/x-aiff"),
        (b"II*\0\x08\0\0\0", "image/tiff"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "image/bmp"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "image/avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"ID3\x03\0\0\0\0\0\x21", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
        (b"\xff\xf1P\x80\0\0", "audio/aac"),
        (b'fLaC\0\0\0"', "audio/flac"),
        (b"OggS\0\2\0\0", "audio/ogg"),
        (b"MThd\0\0\0\6", "audio/midi"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "video/mp4"),
        (b"\0\0\0\x20ftypiso6\0\0\2\0", "video/mp4"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42", "audio/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\xa3B\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x88matroska", "video/x-matroska"),
        (b"%PDF-1.7\n", "application/pdf"),
        (zipped(a=b"b"), "application/zip"),
        (zipped(mimetype=b"application/epub+zip"), "application/epub+zip"),
        (gzip.compress(b"x", mtime=0), "application/gzip"),
        (bz2.compress(b"x"), "application/x-bzip2"),
        (lzma.compress(b"x"), "application/x-xz"),
        (b"(\xb5/\xfd\x04X\0\0", "application/zstd"),
        (b"7z\xbc\xaf'\x1c\0\4", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\1\0", "application/vnd.rar"),
        (tarred()[:4096], "application/x-tar"),
        (b"wOF2\0\1\0\0", "font/woff2"),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
        (b"\0asm\1\0\0\0", "application/wasm"),
        (b"PAR1\x15\4", "application/vnd.apache.parquet"),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, content_type: str | None) -> None:
    assert SIGNATURES.type_of(head) == content_type


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"x",
        b"BM is a company",
        b"MZ is a country",
        b"II is two, PK a city",
        b"the free text",
        b"From: somebody\nSubject: x\n",
        b"import this",
        b'{"a": 1}',
        b"<!-- a comment -->",
        b"\xef\xbb\xbftext",
        b"\xff\xfet\0e\0x\0t\0",
        bytes(4096),
    ],
)
def test_a_text_or_bytes_without_a_signature_are_of_no_type(head: bytes) -> None:
    assert SIGNATURES.type_of(head) is None


def test_random_bytes_hardly_ever_have_a_signature() -> None:
    chance = random.Random(1)
    found = [SIGNATURES.type_of(chance.randbytes(300)) for _ in range(5000)]
    assert len(found) - found.count(None) < 5
