"""Whether letters could leave now: the mail server is greeted, or the mailbox folder tried."""

import asyncio
import tempfile

from notifications.smtp_post import SmtpPost
from opora.errors import OporaError
from opora.settings import Settings
from opora.words import Sentence

PATIENCE = 10.0
"""Seconds that a server may take to answer."""


def greeting_refused(settings: Settings) -> Sentence | None:
    """Why no letter could leave; None when the way is open. No letter is sent."""
    if settings.smtp_url is None:
        return _folder_refused(settings)
    try:
        post = SmtpPost(settings.smtp_url.get_secret_value(), timeout=PATIENCE)
        problem = asyncio.run(post.greet())
    except OporaError as error:
        return error.sentence
    if problem:
        return Sentence("The mail server does not answer: {problem}", {"problem": problem})
    return None


def _folder_refused(settings: Settings) -> Sentence | None:
    """Nothing is made: where the folder is not there yet, the one it will be made in is tried."""
    folder = settings.mailbox
    try:
        there = next(one for one in (folder, *folder.parents) if one.exists())
        with tempfile.TemporaryFile(dir=there):
            return None
    except OSError as error:
        told = {"folder": str(folder), "problem": error.strerror or str(error)}
        return Sentence("The mailbox folder {folder} cannot be written: {problem}", told)
