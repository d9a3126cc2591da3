"""What files have of the S3 protocol."""

from msgspec.structs import replace

from domain.files.attributes import Attributes, ContentHeaders, Sums
from tests.support.factories import FileFactory

MD5 = "0cc175b9c0f1b6a831c399e269772661"


def test_the_tag_of_the_content_is_its_md5_where_that_is_known() -> None:
    file = FileFactory.build(sha256="ab" * 32, attributes=Attributes(sums=Sums(md5=MD5)))
    assert file.content_etag == f'"{MD5}"'
    for attributes in (None, Attributes(labels={"a": "b"})):
        # With a hyphen: clients take 32 digits for the MD5 of the bytes.
        assert replace(file, attributes=attributes).content_etag == f'"{"ab" * 16}-1"'


def test_what_is_of_the_bytes_goes_with_them() -> None:
    headers = ContentHeaders(cache_control="no-cache")
    assert Attributes(headers=headers, sums=Sums(md5=MD5)).kept is None
    assert Attributes(headers=headers, labels={"a": "b"}).kept == Attributes(labels={"a": "b"})
