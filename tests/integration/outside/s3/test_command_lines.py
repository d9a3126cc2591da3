"""Command lines that speak S3: they make buckets, copy files and folders there and back, list, sign URLs and delete."""

import random
from pathlib import Path

import httpx
import pytest

from tests.integration.outside.programs import run
from tests.integration.outside.s3.conftest import Account, client_program, installed_program

SMALL = b"small"
# In several parts, by all of them.
LARGE = random.Random(5).randbytes(20 * 1024**2 + 7)
FILES = {"small.txt": SMALL, "folder/large.bin": LARGE, "folder/Grüße an + & 'alle'.txt": "你好".encode(), "empty": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files of all kinds."""
    folder = tmp_path / "there"
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_aws(account: Account, folder: Path, tmp_path: Path) -> None:
    # Its URLs have Signature Version 2 otherwise.
    configuration = tmp_path / "config"
    configuration.write_text("[default]\ns3 =\n  signature_version = s3v4\n")
    environ = {**account.environ, "AWS_CONFIG_FILE": str(configuration)}

    async def aws(*arguments: str | Path) -> str:
        status, printed = await run(client_program("aws"), *arguments, cwd=tmp_path, environ=environ)
        assert status == 0, printed
        return printed

    await aws("s3", "mb", "s3://with-aws")
    await aws("s3", "sync", folder, "s3://with-aws/copy")
    listing = await aws("s3", "ls", "--recursive", "s3://with-aws/")
    assert sorted(line[31:] for line in listing.splitlines()) == sorted(f"copy/{name}" for name in FILES)
    await aws("s3", "sync", "s3://with-aws/copy", tmp_path / "back")
    assert files_in(tmp_path / "back") == FILES
    assert await aws("s3", "sync", folder, "s3://with-aws/copy") == ""  # nothing is newer
    await aws("s3", "mv", "s3://with-aws/copy/folder/large.bin", "s3://with-aws/moved.bin")
    url = (await aws("s3", "presign", "s3://with-aws/moved.bin")).strip()
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(url)).content == LARGE
    await aws("s3", "rm", "--recursive", "s3://with-aws/")
    await aws("s3", "rb", "s3://with-aws")
    assert "with-aws" not in await aws("s3", "ls")


async def test_s3cmd(account_at_port: Account, folder: Path, tmp_path: Path) -> None:
    host = account_at_port.endpoint.removeprefix("http://")
    options = (
        *("--config=/dev/null", "--no-ssl", f"--host={host}", f"--host-bucket={host}", "--region=us-east-1"),
        *(f"--access_key={account_at_port.access_key_id}", f"--secret_key={account_at_port.secret_access_key}"),
    )

    async def s3cmd(*arguments: str | Path) -> str:
        command = (client_program("python"), client_program("s3cmd"), *options, *arguments)
        status, printed = await run(*command, cwd=tmp_path, environ=account_at_port.environ)
        assert status == 0, printed
        return printed

    await s3cmd("mb", "s3://with-s3cmd")
    await s3cmd("sync", f"{folder}/", "s3://with-s3cmd/copy/")
    listing = await s3cmd("ls", "--recursive", "s3://with-s3cmd/")
    assert all(f"s3://with-s3cmd/copy/{name}" in listing for name in FILES)
    (tmp_path / "back").mkdir()
    await s3cmd("sync", "s3://with-s3cmd/copy/", f"{tmp_path / 'back'}/")
    assert files_in(tmp_path / "back") == FILES
    await s3cmd("del", "--recursive", "--force", "s3://with-s3cmd/")
    await s3cmd("rb", "s3://with-s3cmd")


async def test_rclone(account: Account, folder: Path, tmp_path: Path) -> None:
    rclone_program = installed_program("rclone")
    environ = {
        **account.environ,
        "RCLONE_CONFIG": str(tmp_path / "none"),
        "RCLONE_CONFIG_FILEPORT_TYPE": "s3",
        "RCLONE_CONFIG_FILEPORT_PROVIDER": "Other",
        "RCLONE_CONFIG_FILEPORT_ENV_AUTH": "true",
        "RCLONE_CONFIG_FILEPORT_ENDPOINT": account.endpoint,
        "RCLONE_CONFIG_FILEPORT_REGION": "us-east-1",
        "RCLONE_S3_CHUNK_SIZE": "5M",
        "RCLONE_S3_UPLOAD_CUTOFF": "6M",
    }

    async def rclone(*arguments: str | Path) -> str:
        status, printed = await run(rclone_program, *arguments, cwd=tmp_path, environ=environ)
        assert status == 0, printed
        return printed

    await rclone("mkdir", "fileport:with-rclone")
    await rclone("sync", folder, "fileport:with-rclone/copy")
    await rclone("check", "--download", folder, "fileport:with-rclone/copy")
    await rclone("check", folder, "fileport:with-rclone/copy")  # by size and MD5
    await rclone("sync", "fileport:with-rclone/copy", tmp_path / "back")
    assert files_in(tmp_path / "back") == FILES
    await rclone("purge", "fileport:with-rclone")


async def test_restic(account_at_port: Account, folder: Path, tmp_path: Path) -> None:
    restic_program = installed_program("restic")
    environ = {
        **account_at_port.environ,
        "RESTIC_REPOSITORY": f"s3:{account_at_port.endpoint}/with-restic/backups",
        "RESTIC_PASSWORD": "a password",
        "RESTIC_CACHE_DIR": str(tmp_path / "cache"),
    }

    async def restic(*arguments: str | Path) -> str:
        status, printed = await run(restic_program, *arguments, cwd=tmp_path, environ=environ)
        assert status == 0, printed
        return printed

    await restic("init")
    await restic("backup", folder)
    (folder / "small.txt").write_bytes(b"changed")
    await restic("backup", folder)
    await restic("check", "--read-data")
    await restic("restore", "latest", "--target", tmp_path / "back")
    assert files_in(Path(f"{tmp_path / 'back'}{folder}")) == {**FILES, "small.txt": b"changed"}
    await restic("forget", "--keep-last=1", "--prune")
    await restic("check", "--read-data")
