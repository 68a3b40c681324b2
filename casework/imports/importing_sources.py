"""Files as they were imported, kept under their hash: a fact's row can be looked up in its very source."""

import hashlib
from pathlib import Path

from casework.tasks.evidence import keep_as_is
from opora.errors import FileRefused
from opora.words import Sentence


def keep_source(store_url: str, path: Path, sha256: str) -> None:
    """Keep the file that an import has read; one that changed since is refused, and its import with it."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        cure = Sentence("It changed while it was read: import it again.")
        raise FileRefused(path.name, cure)
    keep_as_is(store_url, data)
