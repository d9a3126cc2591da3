"""The environment variables of the service, each read and checked by itself."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

PREFIX = "FILEPORT_"

Choice = TypeVar("Choice", bound=str)
Number = TypeVar("Number", int, float)
Network = IPv4Network | IPv6Network
# Returns the text of the secret that the setting with the first name (without the prefix) gives the id of.
Fetch = Callable[[str, str], str]

# The commands that `/schema` shows have them.
_OF_CLIENTS = frozenset({"KEY", "URL"})
# Of 1, for names without their prefix. TTL is as near as that to UPLOAD_TTL.
_LEAST_LIKENESS = 0.4
# Longer than any secret: a device that is named by mistake is not read without end.
_MAX_SECRET_BYTES = 65_536
# A scheme, a host, and perhaps a port, as browsers send them: no path, not even a slash.
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class SettingsError(Exception):
    """A setting is missing or wrong. The message is one line that names it and never shows a secret."""


class Environment:
    """Reads one variable at a time. Compose files leave variables empty, so an empty one counts as absent."""

    def __init__(self, environ: Mapping[str, str], fetch: Fetch) -> None:
        self._environ = environ
        self._fetch = fetch
        # The names that were asked for, without their prefix.
        self.known: set[str] = set()

    def unknown(self) -> dict[str, str | None]:
        """Return the variables with our prefix that were not asked for, each with the known one nearest to it."""
        given = sorted(name for name in self._environ if name.upper().startswith(PREFIX))
        known = self.known | _OF_CLIENTS
        ends = {name: name.upper().removeprefix(PREFIX) for name in given if name.removeprefix(PREFIX) not in known}
        return {name: self._nearest(end) for name, end in ends.items()}

    def _nearest(self, end: str) -> str | None:
        found = get_close_matches(end, sorted(self.known), n=1, cutoff=_LEAST_LIKENESS)
        return PREFIX + found[0] if found else None

    def text(self, name: str) -> str | None:
        self.known.add(name)
        return self._environ.get(PREFIX + name, "").strip() or None

    def secret(self, name: str, *, is_in_manager: bool = True) -> str | None:
        """Return a secret: the variable `name`, or the text of the file that `<name>_FILE` names.

        Or, unless `is_in_manager` is false, the text of the secret with the id in `<name>_SECRET_ID`. Raises
        `SettingsError` where two of these variables are set, and where one leads to no text.
        """
        in_file, in_manager = f"{name}_FILE", f"{name}_SECRET_ID"
        forms = [name, in_file, in_manager] if is_in_manager else [name, in_file]
        values = {form: value for form in forms if (value := self.text(form)) is not None}
        if len(values) > 1:
            raise SettingsError(" and ".join(PREFIX + form for form in values) + " are set: one of them is enough.")
        for form, value in values.items():
            text = value
            if form == in_file:
                text = _read_secret(form, value)
            elif form == in_manager:
                text = self._fetch(form, value)
            if not text.strip():
                raise SettingsError(f"{PREFIX}{form} leads to an empty secret.")
            return text.strip()
        return None

    def choice(self, name: str, choices: Sequence[Choice], default: Choice) -> Choice:
        value = self.text(name)
        if value is None:
            return default
        for each in choices:
            if each == value.lower():
                return each
        raise SettingsError(f"{PREFIX}{name} is one of {', '.join(choices)}.")

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self._number(name, int)
        if value is None:
            return default
        if not least <= value <= most:
            raise SettingsError(f"{PREFIX}{name} is a whole number from {least} to {most}.")
        return value

    def seconds(self, name: str, default: float, *, least: float) -> float:
        value = self._number(name, float)
        if value is None:
            return default
        if not least <= value < 1e9:
            raise SettingsError(f"{PREFIX}{name} is a number of seconds, {least} at least.")
        return value

    def url(self, name: str, schemes: set[str], *, is_secret: bool = False) -> str | None:
        value = self.secret(name, is_in_manager=False) if is_secret else self.text(name)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            is_sound = parts.scheme in schemes and (parts.port is None or parts.port > 0)
        except ValueError:
            is_sound = False
        if not is_sound:
            raise SettingsError(
                f"{PREFIX}{name} is not a sound URL that begins with {' or '.join(sorted(schemes))}://."
            )
        return value

    def networks(self, name: str) -> tuple[Network, ...]:
        value = self.text(name)
        try:
            return tuple(ip_network(each.strip()) for each in value.split(",")) if value else ()
        except ValueError:
            raise SettingsError(
                f"{PREFIX}{name} is a list of addresses and networks with commas, such as 10.0.0.0/8."
            ) from None

    def origins(self, name: str) -> tuple[str, ...]:
        origins = tuple(each.strip().lower() for each in (self.text(name) or "").split(",") if each.strip())
        if not all(each == "*" or _ORIGIN.fullmatch(each) for each in origins):
            raise SettingsError(f"{PREFIX}{name} is a list of origins with commas, such as https://app.example, or *.")
        return origins

    def _number(self, name: str, kind: Callable[[str], Number]) -> Number | None:
        value = self.text(name)
        try:
            return None if value is None else kind(value)
        except ValueError:
            raise SettingsError(f"{PREFIX}{name} is not a number.") from None


def _read_secret(form: str, path: str) -> str:
    """Return the text of a secret's file. The path is not shown: it may be the secret itself, by mistake."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MAX_SECRET_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "which is not a path"
        raise SettingsError(f"{PREFIX}{form} names a file that cannot be read, {reason}.") from None
    if len(content) > _MAX_SECRET_BYTES:
        raise SettingsError(f"{PREFIX}{form} names a file of more than {_MAX_SECRET_BYTES} bytes.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise SettingsError(f"{PREFIX}{form} names a file that is not text in UTF-8.") from None
