"""A link does what its maker may do, at each use."""

import pytest

from domain.access.callers import ROOT, Caller
from domain.access.scopes import Permissions, Scope
from domain.files.content.read_file import ReadFile
from domain.links.check_password import CheckPassword
from domain.links.errors import LinkEndedError
from domain.links.maker_rights import MakerRights
from domain.links.model import Maker, NewShare
from domain.links.open_share_link import OpenShareLink, Visit
from domain.links.share_file import ShareFile
from tests.contracts.setup import changed, stored
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.passwords import FakePasswords

READER = Scope(actions=("read", "delete"), bucket="default", prefix="a/")
VISIT = Visit(address="192.0.2.1")


@pytest.fixture
def share(catalog: FakeCatalog) -> ShareFile:
    return ShareFile(catalog.files, catalog.links, FakePasswords())


@pytest.fixture
def open_link(catalog: FakeCatalog, blobs: FakeBlobStore) -> OpenShareLink:
    passwords = CheckPassword(catalog.links, FakePasswords())
    return OpenShareLink(catalog.links, MakerRights(), passwords, ReadFile(catalog.files, blobs))


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


async def test_the_maker_of_a_link_that_is_gone_may_do_nothing() -> None:
    assert await MakerRights()(Maker(kind="key", id="gone")) == Permissions()
