"""What a load generator asks for."""

import msgspec


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that differ in their paths, and in the `fields` of the heads with these; a client takes them in turn.

    There are fields for each path, or none. A `{}` in a path becomes something that no other request of the same
    `round` has. Anything but an answer of 2xx ends the measurement.
    """

    port: int
    paths: tuple[str, ...]
    method: str = "GET"
    headers: dict[str, str] = {}
    body: bytes = b""
    fields: tuple[dict[str, str], ...] = ()

    def own_fields(self) -> tuple[dict[str, str], ...]:
        """Return the fields of the head with each path, besides `headers`."""
        return self.fields or ({},) * len(self.paths)

    def unique(self, round_: str) -> "Requests":
        """Return the same with paths that no other round has, if they are to be unique at all."""
        return msgspec.structs.replace(self, paths=tuple(path.replace("{}", f"{round_}-{{}}") for path in self.paths))


class LoadError(Exception):
    """The load could not be put on the server, or the server did not answer it as it should."""
