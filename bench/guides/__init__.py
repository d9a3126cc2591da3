"""The stack that the guides teach, for comparison: FastAPI, SQLModel on asyncpg, uvicorn, aiofiles or aioboto3.

It is what a good engineer writes after reading the documentation of these libraries, and no slower on purpose: an
engine and a client for the application, sessions and the key as dependencies, bodies streamed, `response_model`s. It
keeps files and tells their metadata; it does not hash, fsync, count quotas or check what it is sent.
"""
