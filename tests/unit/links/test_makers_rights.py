"""A link does what its maker may do, at each use."""

from uuid import uuid4

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT, Caller
from domain.access.scopes import Permissions, Scope
from domain.files.content.read_file import ReadFile
from domain.keys.key_rights import KeyRights
from domain.keys.model import KeyPatch
from domain.links.check_password import CheckPassword
from domain.links.errors import LinkEndedError
from domain.links.maker_rights import MakerRights
from domain.links.model import Maker, NewShare, NewUploadLink
from domain.links.open_share_link import OpenShareLink
from domain.links.share_file import ShareFile
from domain.links.uploading.enter_upload_link import EnterUploadLink
from domain.links.uploading.make_upload_link import MakeUploadLink
from domain.links.visit import Visit
from tests.contracts.callers.keys import bearer, made
from tests.contracts.setup import changed, stored
from tests.fakes.access.passwords import FakePasswords
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog

READER = Scope(actions=("read", "delete"), bucket="default", prefix="a/")
VISIT = Visit(address="192.0.2.1")


def rights_of(catalog: FakeCatalog) -> MakerRights:
    return MakerRights(KeyRights(catalog.keys, catalog.key_records))


@pytest.fixture
def share(catalog: FakeCatalog) -> ShareFile:
    return ShareFile(catalog.files, catalog.links, FakePasswords())


@pytest.fixture
def open_link(catalog: FakeCatalog, blobs: FakeBlobStore) -> OpenShareLink:
    passwords = CheckPassword(catalog.links, FakePasswords())
    return OpenShareLink(catalog.links, rights_of(catalog), passwords, ReadFile(catalog.files, blobs))


async def test_a_link_of_a_token_does_what_the_token_could(
    catalog: FakeCatalog, share: ShareFile, open_link: OpenShareLink
) -> None:
    file = await stored(catalog, name="a/x")
    maker = Caller(kind="token", id="iss sub", permissions=Permissions((READER,)))
    token = (await share(maker, file.id, NewShare())).token
    assert (await open_link(token, VISIT)).file == file
    moved = await changed(catalog, file, name="b/x")
    with pytest.raises(LinkEndedError):
        await open_link(token, VISIT)
    back = await changed(catalog, moved, name="a/y")
    assert (await open_link(token, VISIT)).file == back


async def test_a_link_of_the_root_key_reads_everything(
    catalog: FakeCatalog, share: ShareFile, open_link: OpenShareLink
) -> None:
    file = await stored(catalog, name="a/x")
    token = (await share(ROOT, file.id, NewShare())).token
    await changed(catalog, file, name="b/x")
    assert (await open_link(token, VISIT)).file.name == "b/x"


async def test_a_link_of_a_key_does_what_the_key_may_do_now(
    catalog: FakeCatalog, share: ShareFile, open_link: OpenShareLink
) -> None:
    file = await stored(catalog, name="a/x")
    key = await made(catalog, scopes=(READER,))
    token = (await share(bearer(key), file.id, NewShare())).token
    assert (await open_link(token, VISIT)).file == file
    for scopes in ((replace(READER, prefix="b/"),), (replace(READER, actions=("list",)),)):
        await catalog.keys.change_key(ROOT, key.id, KeyPatch(scopes=scopes))
        with pytest.raises(LinkEndedError):
            await open_link(token, VISIT)
    await catalog.keys.change_key(ROOT, key.id, KeyPatch(scopes=(READER,)))
    assert (await open_link(token, VISIT)).file == file
    await catalog.keys.revoke_key(ROOT, key.id)
    with pytest.raises(LinkEndedError):
        await open_link(token, VISIT)


async def test_a_link_of_a_key_ends_with_the_key(
    catalog: FakeCatalog, share: ShareFile, open_link: OpenShareLink
) -> None:
    file = await stored(catalog, name="a/x")
    key = await made(catalog, scopes=(READER,), expires_at=catalog.database.clock.in_(60))
    token = (await share(bearer(key), file.id, NewShare())).token
    catalog.database.clock.advance(59)
    assert (await open_link(token, VISIT)).file == file
    catalog.database.clock.advance(1)
    with pytest.raises(LinkEndedError):
        await open_link(token, VISIT)


async def test_the_maker_of_a_link_that_is_gone_may_do_nothing(catalog: FakeCatalog) -> None:
    gone = Maker(kind="key", id=str(uuid4()))
    assert await rights_of(catalog)(gone) == Permissions()


async def test_an_upload_link_of_a_key_takes_files_while_the_key_may_write_them(catalog: FakeCatalog) -> None:
    enter = EnterUploadLink(catalog.links, catalog.files, rights_of(catalog))
    writer = Scope(actions=("write",), bucket="default", prefix="in/")
    key = await made(catalog, scopes=(writer,))
    links = [
        await MakeUploadLink(catalog.links)(bearer(key), "default", new)
        for new in (NewUploadLink(prefix="in/"), NewUploadLink(name="in/a/x"))
    ]

    async def entered() -> list[bool]:
        outcomes = []
        for link in links:
            try:
                entry = await enter(link.token, VISIT)
            except LinkEndedError:
                outcomes.append(False)
            else:
                assert not entry.caller.permissions.allow("read", "default", "in/a/x")
                assert not entry.caller.permissions.allow("write", "default", "in")
                outcomes.append(True)
        return outcomes

    assert await entered() == [True, True]
    await catalog.keys.change_key(ROOT, key.id, KeyPatch(scopes=(replace(writer, prefix="in/a/"),)))
    assert await entered() == [False, True]
    await catalog.keys.change_key(ROOT, key.id, KeyPatch(scopes=(replace(writer, actions=("read",)),)))
    assert await entered() == [False, False]
    await catalog.keys.change_key(ROOT, key.id, KeyPatch(scopes=(writer,)))
    assert await entered() == [True, True]
    await catalog.keys.revoke_key(ROOT, key.id)
    assert await entered() == [False, False]
