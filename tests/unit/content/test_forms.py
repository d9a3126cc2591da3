"""Forms as clients really send them, byte by byte, and those that are refused."""

import base64
import json
import quopri
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.fakes.blobs.store import FakeBlobStore

FILES = "/v1/buckets/default/files"
BOUNDARY = "b0undary"
# All bytes, ends of lines of every kind, white space at the ends of lines, and a line that is the boundary's beginning.
CONTENT = bytes(range(256)) + b"\r\n--b0und\r\nline \t\r\nline\n\r\r\n= =3D\n " + bytes(3000)


def part(head: str | bytes, content: bytes) -> bytes:
    return b"--b0undary\r\n" + (head.encode() if isinstance(head, str) else head) + b"\r\n\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b0undary--\r\n"


def file_part(disposition: str | bytes, content: bytes = b"x", *others: str) -> bytes:
    raw = disposition.encode() if isinstance(disposition, str) else disposition
    lines = [b"Content-Disposition: form-data; " + raw, *(each.encode() for each in others)]
    return part(b"\r\n".join(lines), content)


async def post(client: httpx.AsyncClient, body: bytes, boundary: str = BOUNDARY) -> httpx.Response:
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return await client.post(FILES, content=body, headers=headers)


async def in_pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="file"; filename="été 1.txt"', "été 1.txt"),
        ("name=file; filename=a.txt", "a.txt"),
        ('filename="a.txt"; name="file"', "a.txt"),
        # .NET
        ("name=file; filename=\"=?utf-8?B?w6l0w6kudHh0?=\"; filename*=utf-8''%C3%A9t%C3%A9.txt", "été.txt"),
        ("name=file; filename=a.txt; filename*=utf-8''a.txt", "a.txt"),
        ('name=file; filename="=?utf-8?B?w6l0w6kudHh0?="', "été.txt"),
        ('name=file; filename="=?utf-8?Q?=C3=A9t=C3=A9_1.txt?="', "été 1.txt"),
        ('name=file; filename="=?ISO-8859-1?Q?=E9t=E9?= =?utf-8?B?LnR4dA==?="', "été.txt"),
        # `filename*` alone, and in the charsets and the quotes that Java's clients know
        ("name=\"file\"; filename*=UTF-8''%e2%82%ac%20rates.txt", "€ rates.txt"),
        ("name=\"file\"; filename*=UTF-8'en'a.txt", "a.txt"),
        ("name=\"file\"; filename*=iso-8859-1''%e9.txt", "é.txt"),
        ('name="file"; filename*="UTF-8\'\'%D1%84.txt"', "ф.txt"),
        # `filename*` counts also where it comes first, and where the other one is not in UTF-8
        ('name="file"; filename*=utf-8\'\'right.txt; filename="wrong.txt"', "right.txt"),
        (b'name="file"; filename="\xe9.txt"; filename*=utf-8\'\'%C3%A9.txt', "é.txt"),
        # browsers, requests: WHATWG's form encoding
        ('name="file"; filename="a%22b.txt"', 'a"b.txt'),
        ('name="file"; filename="100%41 %C3%A9 50%.txt"', "100%41 %C3%A9 50%.txt"),
        ('name="file"; filename="back\\slash.txt"', "back\\slash.txt"),
        ('name="file"; filename="ends in \\"', "ends in \\"),
        ('name="file"; filename="a; b=c.txt"', "a; b=c.txt"),
        # Go and old curl, httpx
        ('name="file"; filename="a\\"b\\\\c.txt"', 'a"b\\c.txt'),
        ('name="file"; filename="a%22b\\\\c.txt"', 'a"b\\c.txt'),
        # no encoded words
        ('name="file"; filename="=?a?=.txt"', "=?a?=.txt"),
        ('name="file"; filename="a=?utf-8?X?b?=.txt"', "a=?utf-8?X?b?=.txt"),
        ('name="file" ; filename = "a.txt" ;', "a.txt"),
    ],
)
async def test_the_files_name_is_understood(client: httpx.AsyncClient, disposition: str | bytes, name: str) -> None:
    answer = await post(client, form(file_part(disposition)))
    assert (answer.status_code, answer.json()["name"]) == (201, name)


@pytest.mark.parametrize(
    ("disposition", "code", "detail"),
    [
        (b'name="file"; filename="\xe9.txt"', "invalid_form", "The file's name is not in UTF-8."),
        ("name=\"file\"; filename*=utf-8''%E9", "invalid_form", "The file's name is not in utf-8, as it says."),
        ("name=\"file\"; filename*=x-none''a", "invalid_form", "The file's name is in a charset that is not known"),
        ("name=\"file\"; filename*=rot13''n", "invalid_form", "The file's name is in a charset that is not known"),
        ('name="file"; filename*=a.txt', "invalid_form", "filename* of a part is not of the form utf-8''name"),
        ("name=\"file\"; filename*=utf-8''50%", "invalid_form", "filename* of a part is not of the form utf-8''name"),
        ('name="file"; filename="=?utf-8?B?w6l?="', "invalid_form", "The file's name has an encoded word that is not"),
        ('name="file"; filename="=?utf-8?B?6Q==?="', "invalid_form", "The file's name is not in utf-8, as it says."),
        ('name="file"; filename="a%0Ab"', "invalid_name", "The file name holds a control character."),
        ('name="file"; filename="a%0D"', "invalid_name", "The file name holds a control character."),
        (f'name="file"; filename="{"x" * 1025}"', "invalid_name", "The file name is longer than 1024 bytes of UTF-8."),
        (
            f'name="file"; filename="{"x" * 10_000}"',
            "invalid_name",
            "The file name is longer than 1024 bytes of UTF-8.",
        ),
        (
            f'name="file"; filename="{"x" * 50_000}"',
            "invalid_form",
            "The headers of a part of the form are larger than",
        ),
        (
            'name="file"; filename="a"; filename="b"',
            "invalid_form",
            "Content-Disposition of a part has filename twice.",
        ),
        ('name="file"; filename="a"; "b"', "invalid_form", "Content-Disposition of a part is malformed."),
        ('filename="a"', "invalid_form", "A part of the form has no name."),
    ],
)
async def test_a_name_that_is_refused_is_told_why(
    client: httpx.AsyncClient, blobs: FakeBlobStore, disposition: str | bytes, code: str, detail: str
) -> None:
    for size in (7, 1_000_000):
        body = form(file_part(disposition))
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        answer = await client.post(FILES, content=in_pieces(body, size), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer.json()["detail"].startswith(detail)
    assert not blobs.stored


def encoded(encoding: str, content: bytes) -> bytes:
    match encoding.lower():
        case "base64":
            return base64.encodebytes(content).replace(b"\n", b"\r\n")
        case "quoted-printable":
            # Python leaves ends of lines as they are, and would turn a lone CR into one.
            return b"=\r\n".join(
                b"".join(b"=%02X" % byte for byte in content[at : at + 20]) for at in range(0, len(content), 20)
            )
    return content


@pytest.mark.parametrize("encoding", ["base64", "BASE64", "quoted-printable", "7bit", "8bit", "binary", "Binary "])
@pytest.mark.parametrize("size", [1, 7, 1000, 1_000_000])
async def test_a_transfer_encoding_is_undone(client: httpx.AsyncClient, encoding: str, size: int) -> None:
    others = f"Content-Transfer-Encoding: {encoding}"
    metadata = json.dumps({"artist": "Кино"}, ensure_ascii=False).encode()
    body = form(
        file_part('name="metadata"', encoded(encoding.strip(), metadata), others),
        file_part('name="tags"', encoded(encoding.strip(), "rock, été".encode()), others),
        file_part('name="file"; filename="a.bin"', encoded(encoding.strip(), CONTENT), others),
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await client.post(FILES, content=in_pieces(body, size), headers=headers)
    file = answer.json()
    assert (file["size"], file["metadata"], file["tags"]) == (len(CONTENT), {"artist": "Кино"}, ["rock", "été"])
    assert (await client.get(f"/v1/files/{file['id']}/content")).content == CONTENT


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a=3Db=\r\nc \t\r\nd", b"a=bc\r\nd"),
        (b"a=  \r\nb", b"ab"),
        (b"a\nb  \nc", b"a\nb\nc"),
        (b"soft end=", b"soft end"),
        (b"spaces at the end  ", b"spaces at the end"),
        (b"=c3=A9", "é".encode()),
        (quopri.encodestring(b"line 1 =\nline 2\t\n" * 50), b"line 1 =\nline 2\t\n" * 50),
        (b"", b""),
    ],
)
async def test_quoted_printable_is_decoded_by_lines(client: httpx.AsyncClient, content: bytes, text: bytes) -> None:
    body = form(file_part('name="file"; filename="a"', content, "Content-Transfer-Encoding: quoted-printable"))
    for size in (1, 5, 10_000):
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        file = (await client.post(FILES, content=in_pieces(body, size), headers=headers)).json()
        assert (await client.get(f"/v1/files/{file['id']}/content")).content == text


@pytest.mark.parametrize(
    ("encoding", "content", "detail"),
    [
        ("base64", b"!!!!", "A part is declared as Base64, and is none."),
        ("base64", b"YQ==YQ==", "A part is declared as Base64, and is none."),
        ("base64", b"YQ==\r\n" + b"\r\n" * 40_000 + b"YQ==", "A part in Base64 goes on after its padding."),
        ("base64", b"YWJjZ", "A part in Base64 breaks off, or has no padding."),
        ("quoted-printable", b"a=zz", "A part is declared as quoted-printable, and is none."),
        ("quoted-printable", b"100%=5", "A part is declared as quoted-printable, and is none."),
        ("quoted-printable", b"a" + b" " * 10_000, "A part in quoted-printable has a line of white space."),
    ],
)
async def test_content_that_is_not_as_declared_is_refused(
    client: httpx.AsyncClient, blobs: FakeBlobStore, encoding: str, content: bytes, detail: str
) -> None:
    for name in ("file", "metadata"):
        header = f"Content-Transfer-Encoding: {encoding}"
        parts = [file_part(f'name="{name}"; filename="a"', content, header), file_part('name="file"; filename="a"')]
        body = form(*parts[: 1 if name == "file" else 2])
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        answer = await client.post(FILES, content=in_pieces(body, 65_536), headers=headers)
        assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (400, "invalid_form", detail)
    assert not blobs.stored
    assert not blobs.unfinished


@pytest.mark.parametrize(
    "header", ["Content-Transfer-Encoding: x-uuencode", "Content-Transfer-Encoding: gzip", "Content-Encoding: gzip"]
)
async def test_a_part_in_another_encoding_is_415(client: httpx.AsyncClient, blobs: FakeBlobStore, header: str) -> None:
    for name in ("file", "tags"):
        answer = await post(client, form(file_part(f'name="{name}"; filename="a"', b"x", header)))
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert not blobs.stored


FILE = file_part('name="file"; filename="a"')


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (form(*[file_part('name="tags"', b"")] * 200, FILE), "The form has more than 128 parts."),
        (
            form(file_part('name="file"; filename="a"', b"x", *[f"X-{n}: 1" for n in range(100)])),
            "A part of the form has",
        ),
        (
            form(file_part('name="file"; filename="a"', b"x", *["X: " + "y" * 999] * 20)),
            "The headers of a part of the form",
        ),
        (form(FILE, FILE), "The form has a second part named file: send each file by a form of its own."),
        (form(FILE, file_part('name="tags"')), "The field 'tags' comes after the file; fields come before it."),
        (form(FILE)[:-4], "The form breaks off: its last boundary is missing."),
        (form(file_part('name="tags"'))[:-20], "The form breaks off: its last boundary is missing."),
        (b"", "The form breaks off: its last boundary is missing."),
        (b"no form", "The form breaks off: its last boundary is missing."),
        (b"x" * 100_000, "The headers of a part of the form are larger than 16384 bytes, or its boundary is missing."),
        (form(part("Content-Type: text/plain", b"x")), "The form is malformed."),
        (form(part("nonsense", b"x")), "The form is malformed."),
        (form(part('Content-Disposition: attachment; name="file"', b"x")), "The form is malformed."),
    ],
)
async def test_every_reason_to_refuse_a_form_has_its_own_words(
    client: httpx.AsyncClient, blobs: FakeBlobStore, body: bytes, detail: str
) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    for size in (100, 1_000_000):
        answer = await client.post(FILES, content=in_pieces(body, size), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_form")
        assert answer.json()["detail"].startswith(detail)
    assert not blobs.stored


async def test_a_part_may_have_many_headers_and_an_epilogue_may_be_long(client: httpx.AsyncClient) -> None:
    others = [f"X-{number}: {'y' * 100}" for number in range(50)]
    body = form(file_part('name="file"; filename="a"', b"content", *others)) + b"epilogue" * 10_000
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await client.post(FILES, content=in_pieces(body, 5000), headers=headers)
    assert (answer.status_code, answer.json()["size"]) == (201, 7)


# As the clients' own sources and documentation have them.
DOTNET = (
    b"--b0undary\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=metadata\r\n\r\n"
    b'{"a":1}\r\n'
    b"--b0undary\r\nContent-Disposition: form-data; name=file; "
    b'filename="=?utf-8?B?0LzRg9C30YvQutCwLm1wMw==?="; '
    b"filename*=utf-8''%D0%BC%D1%83%D0%B7%D1%8B%D0%BA%D0%B0.mp3\r\n\r\n"
    b"la la la\r\n--b0undary--\r\n"
)
GO = (
    b'--b0undary\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"a":1}\r\n'
    b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a \\"quoted\\" \\\\ name.mp3"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\nla la la\r\n--b0undary--\r\n"
)
# Apache HttpClient 5, in its strict mode and as RFC 7578's extended one; OkHttp
JAVA_STRICT = (
    b'--b0undary\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: text/plain; charset=ISO-8859-1\r\n'
    b'Content-Transfer-Encoding: 8bit\r\n\r\n{"a":1}\r\n'
    b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n'
    b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\nla la la\r\n--b0undary--\r\n"
)
JAVA_EXTENDED = (
    b'--b0undary\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"a":1}\r\n'
    b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="?.mp3"; '
    b"filename*=\"UTF-8''%D1%84.mp3\"\r\nContent-Type: application/octet-stream\r\n\r\nla la la\r\n--b0undary--\r\n"
)
OKHTTP = (
    b'--b0undary\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Length: 7\r\n\r\n{"a":1}\r\n'
    b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a %22b%22 \xd1\x84.mp3"\r\n'
    b"Content-Type: audio/mpeg\r\nContent-Length: 8\r\n\r\nla la la\r\n--b0undary--\r\n"
)
ANSIBLE = (
    b"--b0undary\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
    b'Content-Disposition: form-data; name="metadata"\r\n\r\n{"a":1}\r\n'
    b"--b0undary\r\nContent-Type: application/octet-stream\r\nMIME-Version: 1.0\r\n"
    b"Content-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''%D1%84.mp3"
    b"\r\n\r\nbGEgbGEgbGE=\r\n\r\n--b0undary--\r\n"
)


@pytest.mark.parametrize(
    ("body", "boundary", "name"),
    [
        pytest.param(DOTNET, f'"{BOUNDARY}"', "музыка.mp3", id=".NET"),
        pytest.param(GO, BOUNDARY, 'a "quoted" \\ name.mp3', id="Go"),
        pytest.param(JAVA_STRICT, BOUNDARY, "a.mp3", id="Java, strict"),
        pytest.param(JAVA_EXTENDED, BOUNDARY, "ф.mp3", id="Java, extended"),
        pytest.param(OKHTTP, BOUNDARY, 'a "b" ф.mp3', id="OkHttp"),
        pytest.param(ANSIBLE, BOUNDARY, "ф.mp3", id="Ansible"),
    ],
)
async def test_the_forms_of_other_languages_are_understood(
    client: httpx.AsyncClient, body: bytes, boundary: str, name: str
) -> None:
    file = (await post(client, body, boundary)).json()
    assert (file["name"], file["content_type"], file["metadata"]) == (name, "audio/mpeg", {"a": 1})
    assert (await client.get(f"/v1/files/{file['id']}/content")).content == b"la la la"


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=b0undary", "Multipart/Form-Data"])
async def test_a_form_that_is_put_is_told_which_call_takes_it(
    client: httpx.AsyncClient, blobs: FakeBlobStore, content_type: str
) -> None:
    answer = await client.put(f"{FILES}/a", content=form(FILE), headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "POST it to /v1/buckets/{bucket}/files" in answer.json()["detail"]
    assert not blobs.stored


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br, identity", "zstd"])
@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("PUT", f"{FILES}/a", {}),
        ("POST", FILES, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}),
        ("POST", "/v1/batch", {"Content-Type": "application/json"}),
        ("PUT", "/v1/buckets/b", {"Content-Type": "application/json"}),
        ("POST", "/v1/direct-uploads", {"Content-Type": "application/json"}),
        ("POST", "/v1/archive", {"Content-Type": "application/json"}),
        ("PATCH", "/v1/files/019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27", {"Content-Type": "application/json"}),
        ("POST", "/v1/files/019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27/copy", {"Content-Type": "application/json"}),
        ("POST", "/v1/jobs", {"Content-Type": "application/json"}),
        ("POST", "/v1/uploads", {"Tus-Resumable": "1.0.0", "Upload-Length": "1"}),
        (
            "PATCH",
            "/v1/uploads/019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27",
            {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
        ),
    ],
)
async def test_an_encoded_body_is_refused_by_every_call(
    client: httpx.AsyncClient, method: str, path: str, given: dict[str, str], coding: str
) -> None:
    headers: dict[str, Any] = {**given, "Content-Encoding": coding}
    answer = await client.request(method, path, content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.json()["detail"] == "Content-Encoding is not supported: send the body as it is."


async def test_a_body_that_is_said_to_have_no_coding_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.put(f"{FILES}/a", content=b"x", headers={"Content-Encoding": "Identity"})
    assert answer.status_code == 201
