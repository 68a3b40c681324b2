"""Files locked with a key: AES-256-GCM block by block, so that a cut, changed or mixed-up one is noticed.

A locked file begins with a mark and a salt; its own key is derived from both the key and the salt.
Each block carries its number and whether it is the last one in its nonce, which is authenticated.
"""

import base64
import binascii
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from opora.errors import FileRefused, InputRefused
from opora.words import Sentence

_MARK = b"opora-locked-1\n"
_SALT = 16
_KEY = 32
_BLOCK = 1 << 20
_TAG = 16


def key_in(file: Path) -> bytes:
    """The key of a key file: 32 bytes in base64. Raises InputRefused."""
    try:
        said = base64.b64decode(file.read_bytes().strip(), validate=True)
    except OSError as error:
        cure = Sentence("The system says: {why}.", {"why": error.strerror})
        raise InputRefused(field="key", value=str(file), cure=cure) from None
    except binascii.Error:
        said = b""
    if len(said) != _KEY:
        cure = Sentence("A key file holds 32 random bytes in base64: openssl rand -base64 32")
        raise InputRefused(field="key", value=str(file), cure=cure)
    return said


def name_of(key: bytes) -> str:
    """What a key is called where it must be told from others; nobody finds the key by it."""
    return HKDF(SHA256(), 4, salt=None, info=b"opora-key-name").derive(key).hex()


def lock(source: IO[bytes], target: IO[bytes], key: bytes) -> None:
    """Write `source` into `target` so that only the key opens it."""
    salt = os.urandom(_SALT)
    cipher = _cipher(key, salt)
    target.write(_MARK + salt)
    for number, block, is_last in _blocks(source, _BLOCK):
        target.write(cipher.encrypt(_nonce(number, is_last=is_last), block, None))


def unlock(source: IO[bytes], target: IO[bytes], key: bytes, *, name: str) -> None:
    """Write what was locked; raises FileRefused for another key or a file that was changed."""
    if source.read(len(_MARK)) != _MARK:
        raise FileRefused(name, Sentence("It is not a locked file."))
    cipher = _cipher(key, source.read(_SALT))
    try:
        for number, block, is_last in _blocks(source, _BLOCK + _TAG):
            target.write(cipher.decrypt(_nonce(number, is_last=is_last), block, None))
    except (InvalidTag, ValueError):
        cure = Sentence("The key does not open it: it is another key, or the file was changed.")
        raise FileRefused(name, cure) from None


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), _KEY, salt=salt, info=_MARK).derive(key))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _blocks(source: IO[bytes], size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, bytes and whether nothing follows; an empty file is one empty block."""
    number, block = 0, source.read(size)
    while True:
        following = source.read(size)
        yield number, block, not following
        if not following:
            return
        number, block = number + 1, following
