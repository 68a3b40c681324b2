"""What each role may do: the data file `grants.yaml`, read once."""

from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from states.role import Role


class Right(StrEnum):
    """One kind of deed, or of look."""

    SEE = "see"
    SEE_HISTORY = "see_history"
    SEE_LETTERS = "see_letters"
    IMPORT = "import"
    IDENTIFY = "identify"
    EXPLAIN_VERDICT = "explain_verdict"
    CONFIRM_LIST = "confirm_list"
    OVERRIDE_LIST = "override_list"
    DESIGNATE = "designate"
    PUBLISH_LIST = "publish_list"
    OBJECT_TO_LIST = "object_to_list"
    DECIDE_OBJECTION = "decide_objection"
    ENTER_SCHOOL = "enter_school"
    OPEN_CYCLE = "open_cycle"
    OPEN_PHASE = "open_phase"
    CLOSE_CYCLE = "close_cycle"
    ADOPT_PROGRAMME = "adopt_programme"
    OPEN_CASE = "open_case"
    MOVE_CASE = "move_case"
    DECIDE = "decide"
    PAIR = "pair"
    SUBMIT_TASK = "submit_task"
    JUDGE_TASK = "judge_task"
    CANCEL_TASK = "cancel_task"
    EXTEND_TASK = "extend_task"
    MOVE_ANCHOR = "move_anchor"
    REASSIGN_TASK = "reassign_task"
    NOTE_CONTACT = "note_contact"
    KEEP_RECORDS = "keep_records"
    MAKE_DOCUMENT = "make_document"
    PUBLISH_CYCLE = "publish_cycle"
    MANAGE_PEOPLE = "manage_people"
    RUN_ROUND = "run_round"
    DELIVER = "deliver"
    CARE_FOR_LETTERS = "care_for_letters"
    VERIFY = "verify"
    KEEP = "keep"


class Scope(StrEnum):
    """How far a role reaches."""

    REGISTER = "register"
    TERRITORY = "territory"
    SCHOOL = "school"


class Grant(BaseModel):
    """The rights of one role."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Scope
    rights: frozenset[Right]


@cache
def grants() -> dict[Role, Grant]:
    """Role → its grant."""
    content = files("casework").joinpath("grants.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[Role, Grant]).validate_python(yaml.safe_load(content))


def roles_with(right: Right) -> list[Role]:
    """The roles that have `right` somewhere."""
    return [role for role, grant in grants().items() if right in grant.rights]
