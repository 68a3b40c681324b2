"""Commands about how people are reached: their address, and the letters they want."""

from typing import Annotated

import typer

from casework.letters.bouncing import change_address, trust_address
from casework.letters.limiting import prefer, unwanted_kinds
from cli.door import WrongUsage, opened
from cli.options import As, At, Json, PersonArgument, command
from notifications.outbox import LetterKind
from opora.words import Sentence


@command("opora people prefer a.ivanova@example.org --kind task_accepted --off")
def choose(
    person: PersonArgument,
    *,
    kind: Annotated[LetterKind | None, typer.Option("--kind", help="The kind of letter.")] = None,
    wanted: Annotated[bool, typer.Option("--on/--off", help="Whether it is wanted.")] = True,
    as_json: Json = False,
    email: As = None,
    moment: At = None,
) -> None:
    """Kinds that only tell may be switched off; digests, escalations and returned work never. Without
    --kind it shows what is switched off.
    """
    with opened(email, moment) as door, door.deed() as (session, acting):
        if kind is not None:
            prefer(session, person, kind, acting, wanted=wanted)
        off = unwanted_kinds(session, person, acting)
        if as_json:
            door.out.json({"person": person, "off": off})
        told = {"person": person, "kinds": ", ".join(off) or "—"}
        door.out.tell(Sentence("Switched off for {person}: {kinds}", told))


@command("opora people address a.ivanova@example.org --to anna@example.org")
def change(
    person: PersonArgument,
    *,
    new: Annotated[
        str | None, typer.Option("--to", metavar="EMAIL", help="The new address.")
    ] = None,
    is_right: Annotated[
        bool, typer.Option("--is-right", help="The flagged address takes letters after all.")
    ] = False,
    email: As = None,
    moment: At = None,
) -> None:
    """A new address: letters that wait follow it, and a flag on the old one is gone. With --is-right
    the address stays and its flag goes.
    """
    if (new is None) is not is_right:
        cure = Sentence("Give either --to or --is-right.")
        raise WrongUsage(field="--to", value=new or "", cure=cure)
    with opened(email, moment) as door, door.deed() as (session, acting):
        if new is not None:
            change_address(session, person, new, acting)
            told = {"person": person, "address": new}
            door.out.tell(Sentence("Letters for {person} go to {address} now.", told))
        else:
            trust_address(session, person, acting)
            door.out.tell(Sentence("Letters go to {person} again.", {"person": person}))
