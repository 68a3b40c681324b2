"""The command version: it must answer even where nothing else works, so it imports nothing else."""

import json
import platform

import typer

from cli.options import Json, command
from opora import __version__


@command("opora version")
def version(*, as_json: Json = False) -> None:
    """Shows also the Python that it runs on."""
    told = {"opora": __version__, "python": platform.python_version()}
    typer.echo(json.dumps(told) if as_json else f"opora {__version__} (Python {told['python']})")
