"""The stand-in for S3 gives back what it got, also of bodies that it keeps once."""

from bench.s3_stand_in.store import Store

BODY = bytes(range(256)) * 64


def test_equal_bodies_are_kept_once() -> None:
    store = Store()
    first, second = store.keep(bytearray(BODY)), store.keep(bytearray(BODY))
    assert first.pieces[0] is second.pieces[0]
    assert first.etag != second.etag


def test_room_of_a_body_that_was_known_is_used_again() -> None:
    store = Store()
    store.keep(bytearray(BODY))
    second = bytearray(BODY)
    store.keep(second)
    assert store.buffer(len(BODY)) is second


def test_an_upload_is_its_parts_in_the_order_of_their_numbers() -> None:
    store = Store()
    upload = store.begin("key")
    store.uploads[upload][1][2] = store.keep(bytearray(b"world"))
    store.uploads[upload][1][1] = store.keep(bytearray(b"hello "))
    whole = store.complete(upload)
    assert b"".join(whole.part(0, whole.size)) == b"hello world"
    assert b"".join(whole.part(4, 8)) == b"o wo"
    assert store.objects["key"] is whole
    assert store.uploads == {}


def test_a_part_may_be_copied_from_an_object() -> None:
    store = Store()
    store.objects["key"] = store.keep(bytearray(b"0123456789"))
    assert bytes(store.copied("key", 2, 4).pieces[0]) == b"234"
    assert store.copied("key") is store.objects["key"]
