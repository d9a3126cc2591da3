"""Operational paths have one spelling each, so that a proxy's rule for one of them holds."""

import httpx
import pytest

from service.http.problems import MEDIA_TYPE


@pytest.mark.parametrize("path", ["/metrics", "/health/live", "/health/ready", "/schema", "/schema/openapi.json"])
async def test_every_other_spelling_of_an_operational_path_is_404(client: httpx.AsyncClient, path: str) -> None:
    del client.headers["Authorization"]
    assert (await client.get(path)).status_code == 200
    escaped = path.replace("m", "%6d").replace("h", "%68")
    others = [f"{path}/", f"/{path}", f"{path}//", f"{path}%2F", f"/%2F{path[1:]}", escaped, f"//{path}/"]
    for other in others:
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            answer = await client.request(method, httpx.URL("http://fileport.test", raw_path=other.encode()))
            assert answer.status_code == 404, other
            assert answer.headers["content-type"] == MEDIA_TYPE
            assert "x-request-id" in answer.headers
            assert answer.content == b"" or (answer.json()["code"], path in answer.json()["detail"]) == (
                "not_found",
                True,
            )


async def test_names_of_files_are_taken_as_they_are(client: httpx.AsyncClient) -> None:
    for name in ("metrics", "a%2Fmetrics", "%6detrics2", "schema/health"):
        url = httpx.URL("http://fileport.test", raw_path=f"/v1/buckets/default/files/{name}".encode())
        assert (await client.put(url, content=b"x")).status_code == 201
