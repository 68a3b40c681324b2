"""What each deed and each kind of letter is called where people read of it."""

from collections.abc import Mapping

from notifications.outbox import LetterKind
from opora.words import Sentence, Words

DEEDS: Mapping[str, Sentence] = {
    "register_school": Sentence("school registered"),
    "change_school": Sentence("school changed"),
    "open_case": Sentence("case opened"),
    "submit_task": Sentence("task handed in"),
    "ask_extension": Sentence("a later deadline asked for"),
    "extend_task": Sentence("deadline extended"),
    "refuse_extension": Sentence("deadline not extended"),
    "follow_anchor": Sentence("deadlines moved with what they count from"),
    "move_kick_off": Sentence("kick-off moved"),
    "accept_task": Sentence("task accepted"),
    "return_task": Sentence("task returned"),
    "cancel_task": Sentence("task cancelled"),
    "reassign_tasks": Sentence("tasks given to somebody else"),
    "note_contact": Sentence("spoken to"),
    "appoint": Sentence("a role given"),
    "dismiss": Sentence("a role taken"),
    "record_absence": Sentence("away"),
    "depart": Sentence("left, and handed over"),
    "rename_person": Sentence("renamed"),
    "store_name_forms": Sentence("forms of the name written down"),
    "change_address": Sentence("address changed"),
    "trust_address": Sentence("address is right"),
    "prefer_letters": Sentence("letters of a kind switched"),
    "offer_curator": Sentence("offered as a curator"),
    "bind_installation": Sentence("became the default actor"),
    "record_decision": Sentence("decision"),
    "assign_cluster": Sentence("assigned to a cluster"),
    "wish_pair": Sentence("a pair fixed, barred or freed"),
    "confirm_partner": Sentence("partner confirmed"),
    "propose_exit": Sentence("end of the year proposed"),
    "decide_exit": Sentence("end of the year decided"),
    "close_case": Sentence("year closed"),
    "replan": Sentence("planned anew by a new programme version"),
    "make_document": Sentence("document made"),
    "enter_indicator": Sentence("number of an indicator written down"),
    "submit_plan": Sentence("plan handed in"),
    "review_plan": Sentence("plan reviewed"),
    "approve_plan": Sentence("plan approved"),
    "send_analytics": Sentence("numbers sent to all who take part"),
    "freeze_indicators": Sentence("indicators frozen"),
    "open_phase": Sentence("phase of monitoring opened"),
    "add_record": Sentence("record written down"),
    "amend_record": Sentence("record amended"),
    "confirm_record": Sentence("record confirmed"),
    "conclude_record": Sentence("record concluded"),
    "cancel_record": Sentence("record cancelled"),
    "invite_to_record": Sentence("invited"),
    "attend_record": Sentence("attendance written down"),
    "ask_acknowledgement": Sentence("asked to acknowledge"),
    "acknowledge_record": Sentence("acknowledged"),
    "answer_record": Sentence("question answered"),
}


def deed_words(deed: str, labels: Mapping[str, Words]) -> Sentence | Words | str:
    """The deed's own words; of a move, those of the programme."""
    said: Sentence | Words | None = DEEDS.get(deed) or labels.get(f"move.{deed}")
    return said if said is not None else deed


LETTERS: Mapping[LetterKind, Sentence] = {
    LetterKind.CASE_OPENED: Sentence("a case is opened"),
    LetterKind.TASKS_ASSIGNED: Sentence("tasks of a municipality or of the region"),
    LetterKind.CASE_MOVED: Sentence("a case has moved"),
    LetterKind.TASK_SUBMITTED: Sentence("a task waits for approval"),
    LetterKind.TASK_RETURNED: Sentence("a task is returned with remarks"),
    LetterKind.TASK_ACCEPTED: Sentence("a task is accepted"),
    LetterKind.DEADLINE_CHANGED: Sentence("a deadline has changed"),
    LetterKind.DIGEST: Sentence("digest of the day"),
    LetterKind.ESCALATION: Sentence("escalation"),
    LetterKind.ADDRESS_REFUSED: Sentence("an address takes no letters"),
    LetterKind.RECORD_INVITATION: Sentence("an invitation"),
    LetterKind.RECORD_NOTICE: Sentence("a record that asks for something"),
    LetterKind.OBJECTION_MADE: Sentence("an objection is made"),
    LetterKind.OBJECTION_DECIDED: Sentence("an objection is decided"),
    LetterKind.ANALYTICS: Sentence("the numbers of the cycle"),
    LetterKind.PLAN_NOTICE: Sentence("news of a plan"),
}


def letter_words(kind: str) -> Sentence | str:
    """The kind of a letter, for people."""
    return LETTERS.get(LetterKind(kind), kind) if kind in set(LetterKind) else kind
