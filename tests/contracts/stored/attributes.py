"""The contract of the attributes of files, in the port `Files`."""

import pytest

from domain.access.callers import ROOT
from domain.files.attributes import Attributes, Checksum, ContentHeaders, Sums
from domain.files.model import Destination
from domain.files.search.model import FileQuery
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import CatalogPorts, changed, inlined, stored

HEADERS = ContentHeaders(cache_control="no-cache", content_encoding="gzip", expires="soon")
CHECKSUM = Checksum(algorithm="CRC32", value="AAAAAA==-2", kind="COMPOSITE")
SUMS = Sums(md5="0cc175b9c0f1b6a831c399e269772661-2", checksum=CHECKSUM)
ALL = Attributes(headers=HEADERS, labels={"team": "a", "é": ""}, sums=SUMS)


class TestAttributes:
    @pytest.mark.parametrize(
        "attributes", [None, Attributes(), ALL, Attributes(sums=SUMS), Attributes(labels={"": ""})]
    )
    async def test_they_are_kept_as_they_were_given(self, catalog: CatalogPorts, attributes: Attributes | None) -> None:
        for blob in (None, inlined()):
            file = await stored(catalog, attributes=attributes, blob=blob)
            assert file.attributes == attributes
            assert await catalog.files.get_file(file.id) == file
        assert all(each.attributes == attributes for each in await catalog.search.list_files(FileQuery(limit=10)))

    @pytest.mark.parametrize(
        ("before", "given", "after"),
        [
            (None, None, None),
            (Attributes(sums=SUMS), None, None),
            (ALL, None, Attributes(labels=ALL.labels)),
            (ALL, Attributes(), Attributes()),
            (ALL, Attributes(sums=SUMS), Attributes(sums=SUMS)),
            (None, ALL, ALL),
        ],
    )
    async def test_new_bytes_bring_their_own_or_leave_the_labels(
        self, catalog: CatalogPorts, before: Attributes | None, given: Attributes | None, after: Attributes | None
    ) -> None:
        for name, make in (("a", lambda: None), ("b", inlined)):
            first = await stored(catalog, name=name, attributes=before, blob=make())
            second = await stored(catalog, name=name, attributes=given, blob=make())
            assert (second.id, second.attributes) == (first.id, after)
            assert await catalog.files.get_file(first.id) == second

    async def test_a_change_writes_them(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, attributes=ALL)
        for attributes in (Attributes(labels={"new": "1"}), None):
            file = await changed(catalog, file, attributes=attributes)
            assert file.attributes == attributes
            assert await catalog.files.get_file(file.id) == file

    async def test_a_copy_has_them(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, attributes=ALL)
        copy = await catalog.files.copy_file(ROOT, file.id, Destination(name="copy"), NO_PRECONDITION)
        assert copy.attributes == ALL
