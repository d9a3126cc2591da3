"""Secrets that stand out, looked for wherever the service leaves words: its log, answers, figures and database."""

import asyncpg
import httpx

from tests.integration.security.conftest import ClientOf, on_both_stacks
from tests.support.clients import ROOT_KEY, SERVICE_SECRET
from tests.support.parts.stacks import Stack
from tests.support.processes.server import Server

WRONG_KEY = "canary-of-a-wrong-key-b81c"
PASSWORD = "canary-of-a-password-77ae"


async def words_of_the_database(stack: Stack) -> str:
    """Return every row of every table as text, as a dump has it."""
    connection = await asyncpg.connect(stack.database_url())
    try:
        texts: list[str] = []
        for (table,) in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            texts += [row for (row,) in await connection.fetch(f'SELECT t::text FROM "{table}" AS t')]  # noqa: S608 - names of its own tables
        return "\n".join(texts)
    finally:
        await connection.close()


@on_both_stacks
async def test_no_secret_is_in_a_log_an_answer_a_figure_or_a_dump(
    server: Server, stack: Stack, root: httpx.AsyncClient, nobody: httpx.AsyncClient, client_of: ClientOf
) -> None:
    key = await client_of([{"actions": ["admin"], "bucket": "default"}])
    secret = key.headers["authorization"].removeprefix("Bearer ")
    answers: list[httpx.Response] = []

    async def ask(client: httpx.AsyncClient, method: str, path: str, **options: object) -> httpx.Response:
        answer = await client.request(method, path, **options)  # type: ignore[arg-type] # those of the client
        answers.append(answer)
        return answer

    file = (await ask(key, "PUT", "/v1/buckets/default/files/canary", content=b"text")).json()
    made = await ask(
        key, "POST", f"/v1/files/{file['id']}/links", json={"password": PASSWORD, "filename": "canary.txt"}
    )
    assert made.status_code == 201, made.text
    token = answers.pop().json()["token"]  # the one answer that has it
    for path in (f"/s/{token}", f"/s/{token}?x=1", f"/s/{token}/..", f"/S/{token}"):
        await ask(nobody, "GET", path)
        await ask(nobody, "GET", path, auth=("user", "wrong"))
        await ask(nobody, "GET", path, auth=("user", PASSWORD))
        await ask(nobody, "DELETE", path)
    for credential in (secret, WRONG_KEY, ROOT_KEY, secret[:-1], f"{secret}x"):
        headers = {"Authorization": f"Bearer {credential}"}
        await ask(nobody, "GET", "/v1/keys", headers=headers)
        await ask(nobody, "GET", "/v1/files?where={", headers=headers)
        await ask(nobody, "POST", "/v1/batch", headers=headers, content=b"{")
        await ask(nobody, "GET", "/v1/files", headers={"Authorization": f"Basic {credential}"})
    for path in ("/v1/audit", "/v1/keys", f"/v1/files/{file['id']}/links", "/metrics", "/health/ready"):
        await ask(root, "GET", path)
    canaries = {
        "root key": ROOT_KEY,
        "service secret": SERVICE_SECRET,
        "key": secret,
        "a part of the key": secret[20:40],
        "wrong key": WRONG_KEY,
        "token of a link": token,
        "password": PASSWORD,
    }
    said = {
        "log": server.output,
        "answers": "\n".join(f"{answer.headers}\n{answer.text}" for answer in answers),
        "database": await words_of_the_database(stack),
    }
    for name, canary in canaries.items():
        for place, text in said.items():
            assert canary not in text, f"{name} in {place}"
