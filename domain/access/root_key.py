"""The root key: the one that the service is given, for making the others."""

import hmac

from domain.access.callers import ROOT, Caller
from domain.access.signers import Derivation, DerivedKeys, Signer

# Those of keys are longer.
ACCESS_KEY_ID = "root"


class RootKey:
    """Keep the ports `CredentialSource` and `SignerSource`: who bears the root key, or signs with it, is the root."""

    def __init__(self, key: str) -> None:
        self._text = key
        self._key = key.encode()
        self._derived = DerivedKeys()

    async def caller_of(self, credential: str, _: str, /) -> Caller | None:
        return ROOT if hmac.compare_digest(credential.encode("utf-8", "surrogateescape"), self._key) else None

    async def signer_of(self, access_key_id: str, _: str, derive: Derivation, /) -> Signer | None:
        if access_key_id != ACCESS_KEY_ID:
            return None
        return Signer(ROOT, (self._derived.get(derive, lambda: self._text),))
