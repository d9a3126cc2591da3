"""The contracts of `domain.secrets.ports.Mac` and `Sealing`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.secrets.errors import UnopenableError
from domain.secrets.model import MAC_BYTES, SECRET_ID_BYTES, Purpose
from domain.secrets.ports import Mac, Sealing

PURPOSES: tuple[Purpose, ...] = ("cursors", "key hashes", "links", "tickets")


class TestMac:
    """Asks for `macs`: of a secret, of the one that replaces it and accepts it, and of one that knows neither."""

    @given(data=st.binary(max_size=100), purpose=st.sampled_from(PURPOSES))
    def test_a_code_is_right_for_its_data_and_purpose_alone(
        self, macs: tuple[Mac, Mac, Mac], data: bytes, purpose: Purpose
    ) -> None:
        mac, *_ = macs
        code = mac.sign(purpose, data)
        assert len(code) == MAC_BYTES
        assert code == mac.sign(purpose, data)
        assert [each for each in PURPOSES if mac.verify(each, data, code)] == [purpose]
        assert not mac.verify(purpose, data + b"x", code)

    def test_one_changed_byte_of_a_code_makes_it_wrong(self, macs: tuple[Mac, Mac, Mac]) -> None:
        mac, *_ = macs
        code = mac.sign("links", b"data")
        for index in range(MAC_BYTES):
            changed = bytearray(code)
            changed[index] ^= 1
            assert not mac.verify("links", b"data", bytes(changed))
        assert not any(mac.verify("links", b"data", code[:length]) for length in range(MAC_BYTES))

    def test_a_rotation_keeps_codes_right_and_names_who_made_them(self, macs: tuple[Mac, Mac, Mac]) -> None:
        old, new, stranger = macs
        code = old.sign("cursors", b"data")
        assert code[:SECRET_ID_BYTES] == old.current_id != new.current_id
        assert new.verify("cursors", b"data", code)
        assert new.sign("cursors", b"data")[:SECRET_ID_BYTES] == new.current_id
        assert not stranger.verify("cursors", b"data", code)


class TestSealing:
    """Asks for `sealings`, likewise."""

    @given(data=st.binary(max_size=100), context=st.binary(max_size=20))
    def test_what_is_sealed_opens_in_its_context_alone(
        self, sealings: tuple[Sealing, Sealing, Sealing], data: bytes, context: bytes
    ) -> None:
        sealing, *_ = sealings
        sealed = sealing.seal(data, context=context)
        assert sealing.open(sealed, context=context) == data
        with pytest.raises(UnopenableError):
            sealing.open(sealed, context=context + b"x")

    def test_the_same_data_is_never_sealed_alike(self, sealings: tuple[Sealing, Sealing, Sealing]) -> None:
        sealing, *_ = sealings
        assert len({sealing.seal(b"data", context=b"") for _ in range(100)}) == 100

    def test_one_changed_or_missing_byte_closes_it(self, sealings: tuple[Sealing, Sealing, Sealing]) -> None:
        sealing, *_ = sealings
        sealed = sealing.seal(b"secret", context=b"a")
        assert b"secret" not in sealed
        for index in range(len(sealed)):
            changed = bytearray(sealed)
            changed[index] ^= 1
            for damaged in (bytes(changed), sealed[:index]):
                with pytest.raises(UnopenableError):
                    sealing.open(damaged, context=b"a")

    def test_a_rotation_keeps_it_open_and_names_who_sealed_it(self, sealings: tuple[Sealing, Sealing, Sealing]) -> None:
        old, new, stranger = sealings
        sealed = old.seal(b"secret", context=b"a")
        assert sealed[:SECRET_ID_BYTES] == old.current_id != new.current_id
        assert new.open(sealed, context=b"a") == b"secret"
        with pytest.raises(UnopenableError):
            old.open(new.seal(b"secret", context=b"a"), context=b"a")
        with pytest.raises(UnopenableError):
            stranger.open(sealed, context=b"a")
