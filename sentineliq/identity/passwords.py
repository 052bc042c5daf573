"""Argon2 hashes of passwords, off the event loop: one takes tens of milliseconds and 64 MiB."""

import asyncio
import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from pwdlib import PasswordHash

_AT_ONCE = 4
_ALGORITHM = PasswordHash.recommended()

NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$GEgjz4Eap5CVzgOWatlMdw$yjplQUflNZgmVf1NrWHisNN7yGIqeP6hZJGiRWy/xZw"
"""A hash that no password fits: checked when there is no such person, so that the answer takes as long."""


async def hash_password(password: str) -> str:
    """A salted hash that carries its own parameters."""
    return await asyncio.get_running_loop().run_in_executor(_pool(os.getpid()), _hash, password)


async def verify_password(password: str, *, password_hash: str) -> bool:
    """Whether the hash is of this password; as slow for a wrong one as for the right one."""
    return await asyncio.get_running_loop().run_in_executor(
        _pool(os.getpid()), _verify, password, password_hash
    )


def _hash(password: str) -> str:
    return _ALGORITHM.hash(_typed_anywhere(password))


def _verify(password: str, password_hash: str) -> bool:
    return _ALGORITHM.verify(_typed_anywhere(password), password_hash)


def _typed_anywhere(password: str) -> str:
    """One spelling of what different keyboards send for the same letters."""
    return unicodedata.normalize("NFC", password)


@lru_cache(maxsize=1)
def _pool(_pid: int) -> ThreadPoolExecutor:
    """This process's threads: those of before a fork are gone. Few, so that memory stays bounded."""
    return ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="argon2")
