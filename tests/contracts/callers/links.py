"""The contract of `domain.links.ports.Links`."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.access.acting import acting_as
from domain.access.callers import SYSTEM
from domain.access.scopes import Scope
from domain.buckets.errors import NoSuchBucketError
from domain.buckets.model import Policy
from domain.files.errors import InvalidExpiryError
from domain.links.errors import LinkEndedError, LinkLifeError, NoSuchLinkError
from domain.links.model import (
    ATTEMPT_SECONDS,
    DEFAULT_LIFE,
    MAX_ATTEMPTS,
    MAX_LIFE_OF_TOKENS,
    Link,
    Maker,
    NewLink,
)
from domain.links.tokens import hash_of, new_ticket_secret, new_token
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.audit.entries import ANN, entries
from tests.contracts.setup import FUTURE, PAST, CatalogPorts, stored

ROOT = Maker(kind="root")
KEY = Maker(kind="key", id="k1")
TOKEN = Maker(kind="token", id="iss é", scopes=(Scope(actions=("read", "list"), bucket="a*", prefix="é/"),))


async def share(catalog: CatalogPorts, **fields: Any) -> Link:
    """Make a link of a file; the fields are those of `NewLink`."""
    values: dict[str, Any] = {
        "kind": "share",
        "maker": ROOT,
        "token_hash": hash_of(new_token()),
        "secret": new_ticket_secret(),
        "expires_at": FUTURE,
        "file_id": uuid4(),
    }
    return await catalog.links.create_link(NewLink(**(values | fields)))


async def upload_link(catalog: CatalogPorts, **fields: Any) -> Link:
    return await share(catalog, **({"kind": "upload", "file_id": None, "bucket": "default", "prefix": "in/"} | fields))


async def ids(catalog: CatalogPorts, **filters: Any) -> list[UUID]:
    values: dict[str, Any] = {"owner": None, "after": None, "limit": 100}
    return [link.id for link in await catalog.links.list_links(**(values | filters))]


class TestKeepingLinks:
    async def test_a_link_comes_back_as_it_was_made_by_its_id_and_by_its_token(self, catalog: CatalogPorts) -> None:
        token = new_token()
        made = await share(
            catalog,
            token_hash=hash_of(token),
            maker=TOKEN,
            expires_at=(await catalog.buckets.get_bucket("default")).created_at + timedelta(days=3),
            password_hash="$argon2id$…",
            max_downloads=3,
            filename="é.txt",
        )
        assert (made.maker, made.used, made.revoked_at) == (TOKEN, 0, None)
        assert (made.password_hash, made.max_downloads, made.filename) == ("$argon2id$…", 3, "é.txt")
        assert await catalog.links.get_link(made.id) == made
        found = await catalog.links.find_link(hash_of(token))
        assert found.link == made
        found.link.check_alive(found.now)

    async def test_an_upload_link_comes_back_too(self, catalog: CatalogPorts) -> None:
        made = await upload_link(catalog, max_file_size=5, allowed_types=("image/*",), max_files=2)
        assert (made.bucket, made.name, made.prefix, made.file_id) == ("default", None, "in/", None)
        assert (made.max_file_size, made.allowed_types, made.max_files) == (5, ("image/*",), 2)
        assert await catalog.links.get_link(made.id) == made
        assert (await upload_link(catalog, prefix=None, name="a")).name == "a"

    async def test_an_upload_link_needs_its_bucket_and_ends_with_it(self, catalog: CatalogPorts) -> None:
        with pytest.raises(NoSuchBucketError):
            await upload_link(catalog, bucket="nowhere")
        await catalog.buckets.put_bucket("inbox", Policy())
        made = await upload_link(catalog, bucket="inbox")
        await catalog.buckets.delete_bucket("inbox")
        with pytest.raises(NoSuchLinkError):
            await catalog.links.get_link(made.id)

    async def test_a_link_lives_for_seven_days_unless_its_maker_says_otherwise(self, catalog: CatalogPorts) -> None:
        usual = await share(catalog, expires_at=msgspec.UNSET)
        assert usual.expires_at == usual.created_at + DEFAULT_LIFE
        assert (await share(catalog, expires_at=None)).expires_at is None
        assert (await share(catalog, expires_at=FUTURE)).expires_at == FUTURE
        with pytest.raises(InvalidExpiryError):
            await share(catalog, expires_at=PAST)

    async def test_a_token_makes_no_link_that_lives_long(self, catalog: CatalogPorts) -> None:
        now = (await share(catalog)).created_at
        assert (await share(catalog, maker=TOKEN, expires_at=now + MAX_LIFE_OF_TOKENS)).expires_at is not None
        for late in (None, FUTURE):
            with pytest.raises(LinkLifeError):
                await share(catalog, maker=TOKEN, expires_at=late)

    async def test_an_unknown_id_or_token_is_no_link(self, catalog: CatalogPorts) -> None:
        with pytest.raises(NoSuchLinkError):
            await catalog.links.get_link(uuid4())
        with pytest.raises(NoSuchLinkError):
            await catalog.links.find_link(hash_of("x"))
        with pytest.raises(NoSuchLinkError):
            await catalog.links.revoke_link(uuid4())

    async def test_links_are_listed_by_what_they_lead_to_the_newest_first(self, catalog: CatalogPorts) -> None:
        file, other = uuid4(), uuid4()
        first, second, third = [await share(catalog, file_id=file, maker=maker) for maker in (ROOT, KEY, ROOT)]
        await share(catalog, file_id=other)
        upload = await upload_link(catalog)
        newest_first = sorted((first.id, second.id, third.id), reverse=True)
        assert await ids(catalog, file_id=file) == newest_first
        assert await ids(catalog, file_id=file, limit=2) == newest_first[:2]
        assert await ids(catalog, file_id=file, after=newest_first[1]) == newest_first[2:]
        assert await ids(catalog, file_id=file, owner=KEY) == [second.id]
        assert await ids(catalog, file_id=file, owner=Maker(kind="key", id="k2")) == []
        assert await ids(catalog, bucket="default") == [upload.id]
        assert await ids(catalog, bucket="default", owner=KEY) == []

    async def test_a_revoked_link_has_ended_and_is_not_listed(self, catalog: CatalogPorts) -> None:
        token = new_token()
        made = await share(catalog, token_hash=hash_of(token))
        await catalog.links.revoke_link(made.id)
        found = await catalog.links.find_link(hash_of(token))
        with pytest.raises(LinkEndedError):
            found.link.check_alive(found.now)
        await catalog.links.revoke_link(made.id)
        assert (await catalog.links.get_link(made.id)).revoked_at == found.link.revoked_at
        assert made.file_id is not None
        assert await ids(catalog, file_id=made.file_id) == []

    async def test_links_that_ended_long_ago_are_forgotten(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog)
        alive = [await share(catalog, file_id=file.id), await share(catalog, file_id=file.id, expires_at=None)]
        revoked = [await share(catalog, file_id=file.id) for _ in range(3)]
        for each in revoked:
            await catalog.links.revoke_link(each.id)
            await catalog.links.count_attempt(each.id, "10.0.0.1")
        assert await catalog.links.forget_links(kept=60, limit=100) == 0
        assert await catalog.links.forget_links(kept=0, limit=2) == 2
        assert await catalog.links.forget_links(kept=0, limit=2) >= 1
        assert [await catalog.links.get_link(each.id) for each in alive] == alive

    async def test_a_link_without_an_expiry_ends_some_time_after_its_file(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog)
        endless = await share(catalog, file_id=file.id, expires_at=None)
        dated = await share(catalog, file_id=file.id)
        assert await catalog.links.forget_links(kept=60, limit=100) == 0
        await catalog.files.delete_file(SYSTEM, file.id, NO_PRECONDITION)
        assert await catalog.links.forget_links(kept=60, limit=100) == 1
        assert (await catalog.links.get_link(endless.id)).expires_at is not None
        assert await catalog.links.get_link(dated.id) == dated


class TestCountingLinks:
    async def test_a_link_is_used_as_often_as_it_may_be(self, catalog: CatalogPorts) -> None:
        for link in (await share(catalog, max_downloads=2), await upload_link(catalog, max_files=2)):
            counted = [await catalog.links.count_use(link.id, "10.0.0.1") for _ in range(4)]
            assert counted == [True, True, False, False]
            used = await catalog.links.get_link(link.id)
            assert (used.used, used.is_used_up) == (2, True)

    async def test_a_link_without_a_limit_counts_too(self, catalog: CatalogPorts) -> None:
        link = await share(catalog)
        assert [await catalog.links.count_use(link.id, "10.0.0.1") for _ in range(3)] == [True] * 3
        assert (await catalog.links.get_link(link.id)).used == 3

    async def test_a_use_that_did_not_begin_is_given_back(self, catalog: CatalogPorts) -> None:
        link = await upload_link(catalog, max_files=1)
        assert await catalog.links.count_use(link.id, "10.0.0.1")
        await catalog.links.give_use_back(link.id)
        assert await catalog.links.count_use(link.id, "10.0.0.1")

    async def test_a_link_that_has_ended_is_not_used(self, catalog: CatalogPorts) -> None:
        link = await share(catalog)
        await catalog.links.revoke_link(link.id)
        assert not await catalog.links.count_use(link.id, "10.0.0.1")
        assert not await catalog.links.count_use(uuid4(), "10.0.0.1")

    async def test_the_addresses_of_uses_are_known(self, catalog: CatalogPorts) -> None:
        link, other = await share(catalog, max_downloads=1), await share(catalog)
        assert not await catalog.links.was_used_from(link.id, "10.0.0.1")
        await catalog.links.count_use(link.id, "10.0.0.1")
        await catalog.links.count_use(link.id, "10.0.0.2")
        assert await catalog.links.was_used_from(link.id, "10.0.0.1")
        assert not await catalog.links.was_used_from(link.id, "10.0.0.2")  # which came too late
        assert not await catalog.links.was_used_from(other.id, "10.0.0.1")

    async def test_the_audit_has_what_is_done_with_a_link(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="é/x")
        with acting_as(ANN):
            link = await share(catalog, file_id=file.id, max_downloads=1)
        for _ in range(2):
            await catalog.links.count_use(link.id, "10.0.0.1")
            await catalog.links.revoke_link(link.id)
        upload = await upload_link(catalog)
        made, other = sorted(
            await entries(catalog, action="link.create"), key=lambda entry: entry.subject == str(upload.id)
        )
        assert (made.bucket, made.file_id, made.name) == (file.bucket, file.id, file.name)
        assert made.caller == "key:ann"
        assert (other.bucket, other.file_id, other.name) == ("default", None, "in/")
        for action in ("link.use", "link.revoke"):
            [entry] = await entries(catalog, action=action)
            assert (entry.name, entry.subject, entry.caller) == (file.name, str(link.id), "system")


class TestPasswordAttempts:
    async def test_ten_attempts_of_an_address_in_a_minute_are_enough(self, catalog: CatalogPorts) -> None:
        link, other = await share(catalog), await share(catalog)
        for _ in range(MAX_ATTEMPTS):
            assert await catalog.links.count_attempt(link.id, "10.0.0.1") == 0
        for _ in range(2):
            assert 0 < await catalog.links.count_attempt(link.id, "10.0.0.1") <= ATTEMPT_SECONDS
        assert await catalog.links.count_attempt(link.id, "10.0.0.2") == 0
        assert await catalog.links.count_attempt(other.id, "10.0.0.1") == 0

    async def test_a_right_password_is_no_attempt(self, catalog: CatalogPorts) -> None:
        link = await share(catalog)
        for _ in range(MAX_ATTEMPTS * 2):
            assert await catalog.links.count_attempt(link.id, "10.0.0.1") == 0
            await catalog.links.forgive_attempt(link.id, "10.0.0.1")

    async def test_attempts_and_uses_of_an_address_are_apart(self, catalog: CatalogPorts) -> None:
        link = await share(catalog)
        await catalog.links.count_attempt(link.id, "10.0.0.1")
        assert not await catalog.links.was_used_from(link.id, "10.0.0.1")
        await catalog.links.count_use(link.id, "10.0.0.1")
        assert await catalog.links.was_used_from(link.id, "10.0.0.1")
        for _ in range(MAX_ATTEMPTS - 1):
            assert await catalog.links.count_attempt(link.id, "10.0.0.1") == 0
        assert await catalog.links.count_attempt(link.id, "10.0.0.1") > 0
