"""Has REDbot look at a URL with a key, which its own command cannot send: `python redbot_check.py URL KEY`.

Prints its findings as JSON.
"""

import json
import sys
from configparser import ConfigParser
from typing import Any

import thor
from httplint.note import levels
from redbot.resource import HttpResource  # type: ignore[import-untyped]


def main(url: str, key: str) -> dict[str, Any]:
    config = ConfigParser()
    config.read_dict({"redbot": {"enable_local_access": "True"}})
    resource = HttpResource(config["redbot"])
    resource.set_request(url, headers=[("Authorization", f"Bearer {key}")])
    resource.once("check_done", thor.stop)
    resource.check()
    thor.run()
    return {
        "error": None if resource.fetch_error is None else str(resource.fetch_error),
        "status": resource.response.status_code,
        "ranges": resource.partial_support,
        "entity tags": resource.inm_support,
        "dates": resource.ims_support,
        "good": [type(note).__name__ for note in resource.response.notes if note.level is levels.GOOD],
        "bad": [
            f"{type(note).__name__}: {note.summary}"
            for note in resource.response.notes
            if note.level in {levels.BAD, levels.WARN}
        ],
    }


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
