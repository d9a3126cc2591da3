"""Codes and sealing under the service secret."""

import pytest

from adapters.crypto import ServiceSecrets
from tests.contracts.callers.service_secret import TestMac, TestSealing

__all__ = ["TestMac", "TestSealing"]

OLD, NEW, FOREIGN = "o" * 32, "n" * 32, "f" * 32
Three = tuple[ServiceSecrets, ServiceSecrets, ServiceSecrets]


@pytest.fixture(scope="module")
def macs() -> Three:
    return ServiceSecrets(OLD), ServiceSecrets(NEW, previous=OLD), ServiceSecrets(FOREIGN)


@pytest.fixture(scope="module")
def sealings(macs: Three) -> Three:
    return macs


def test_what_was_made_before_stays_good() -> None:
    """Catalogs hold such data: neither value ever changes."""
    secrets = ServiceSecrets(OLD)
    code = "29a8d5a122448e4e658015e761e096fe19d316751b2bd1331204748cb1e018cc9f90f5d4"
    assert secrets.verify("links", b"data", bytes.fromhex(code))
    sealed = "29a8d5a128bb0335419c2c7237cdaf3e90aacb0fe274e73f313a6fb7c1ae2ec044cbebab"
    assert secrets.open(bytes.fromhex(sealed), context=b"a") == b"data"
