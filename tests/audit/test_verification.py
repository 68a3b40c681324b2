"""Whoever changes the past, or the present behind its back, is found out, and the place is named."""

import pytest
from hypothesis import given, settings, strategies as st
from sqlalchemy import text

from audit import lines, verification
from audit.lines import check_line, kept_words, stored_lines
from audit.verification import verify
from opora.canonical import genesis, link
from opora.database import connect, reading
from opora.errors import HistoryBroken

_LINE = "subject = 'case:1' AND seq = 3"
_OF_LINE = f"(SELECT id FROM history_line WHERE {_LINE})"
_TASK = "subject = 'case:1' AND milestone = 'curator_named'"
_OF_TASK = f"(SELECT id FROM task WHERE {_TASK})"


def run(owner, *statements: str) -> None:
    with owner.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def findings(engine) -> list[str]:
    return [f"{one.subject} {one.seq} {one.what}" for one in verify(engine).broken]


def only(engine, subject: str) -> str:
    """What is found wrong, all of it with one subject."""
    found = verify(engine).broken
    assert found
    assert {one.subject for one in found} == {subject}
    return "; ".join(f"{one.seq} {one.what}" for one in found)


def rehash(owner, subject: str, since: int, *, whole: bool) -> None:
    """Hash line `since` anew after a change; with `whole`, every later line as well."""
    chosen = text(
        "SELECT id, seq, body FROM history_line WHERE subject = :subject AND seq >= :since ORDER BY seq"
    )
    before = text("SELECT hash FROM history_line WHERE subject = :subject AND seq = :seq")
    change = text("UPDATE history_line SET previous = :previous, hash = :hash WHERE id = :id")
    with owner.begin() as connection:
        at = {"subject": subject, "seq": since - 1}
        previous = connection.execute(before, at).scalar() or genesis(subject)
        chain = connection.execute(chosen, {"subject": subject, "since": since}).all()
        for line_id, seq, body in chain if whole else chain[:1]:
            made = link(subject, seq, previous, body)
            connection.execute(change, {"previous": previous, "hash": made, "id": line_id})
            previous = made


# --- what holds -----------------------------------------------------------------------------------


def test_a_true_history_holds(engine):
    found = verify(engine)
    assert findings(engine) == []
    assert found.ok
    assert found.lines > 40


def test_progress_is_told_and_chunks_make_no_difference(engine, monkeypatch):
    monkeypatch.setattr(lines, "CHUNK", 7)
    monkeypatch.setattr(verification, "BATCH", 2)
    heard: list[int] = []
    found = verify(engine, on_progress=heard.append)
    assert found.ok
    assert heard[:2] == [7, 14]
    assert heard[-1] == found.lines


def test_one_chain_may_be_looked_at_alone(engine, owner):
    run(owner, "UPDATE support_case SET outcome = 'improved' WHERE id = 2")
    assert verify(engine, subjects=["case:1"]).ok
    assert not verify(engine, subjects=["case:1", "case:2"]).ok


def test_erased_words_leave_the_chain_provable(engine, owner):
    run(owner, "DELETE FROM history_words")
    assert findings(engine) == []


def test_an_empty_history_holds(database):
    engine = connect(database.app)
    assert verify(engine) == verification.Verification(ok=True, lines=0, broken=())
    engine.dispose()


# --- the past changed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("body = replace(body, 'person:', 'person:1')", "hash does not fit"),
        ("body = body || ' '", "hash does not fit"),
        ("body = ''", "hash does not fit"),
        ("actor = 'person:999'", "columns say something else than the body: actor"),
        ("deed = 'look'", "columns say something else than the body: deed"),
        ("version = 99", "columns say something else than the body: version"),
        ("source = 'monitored', dest = 'exited'", "than the body: source, dest"),
        ("happened_at = '2020-01-01 00:00:00.000000+00:00'", "than the body: happened_at"),
        ("recorded_at = '2020-01-01 00:00:00.000000+00:00'", "than the body: recorded_at"),
        ("hash = previous", "hash does not fit"),
        ("previous = hash", "does not stand on the line before it"),
    ],
)
def test_an_edited_line_is_found(engine, owner, change, told):
    run(owner, f"UPDATE history_line SET {change} WHERE {_LINE}")
    found = only(engine, "case:1")
    assert found.startswith("3 ")
    assert told in found


def test_a_line_taken_out_of_the_middle_is_found(engine, owner):
    run(
        owner,
        f"DELETE FROM history_words WHERE line_id IN {_OF_LINE}",
        f"DELETE FROM history_line WHERE {_LINE}",
    )
    assert only(engine, "case:1") == "4 line 3 is missing, line 4 stands in its place"


def test_lines_that_changed_places_are_found(engine, owner):
    run(
        owner,
        f"UPDATE history_line SET seq = 1000 WHERE {_LINE}",
        "UPDATE history_line SET seq = 3 WHERE subject = 'case:1' AND seq = 4",
        "UPDATE history_line SET seq = 4 WHERE subject = 'case:1' AND seq = 1000",
    )
    assert only(engine, "case:1") == "3 the line does not stand on the line before it"


def test_a_line_put_in_between_is_found(engine, owner):
    run(
        owner,
        "UPDATE history_line SET seq = seq + 1000 WHERE subject = 'case:1' AND seq > 3",
        "INSERT INTO history_line "
        "(subject, seq, deed, actor, happened_at, recorded_at, body, previous, hash) "
        "SELECT subject, 4, deed, actor, happened_at, recorded_at, body, hash, hash "
        f"FROM history_line WHERE {_LINE}",
        "UPDATE history_line SET seq = seq - 999 WHERE subject = 'case:1' AND seq > 1000",
    )
    assert only(engine, "case:1") == "4 the hash does not fit the line"


def test_a_line_hashed_anew_betrays_itself_by_the_next(engine, owner):
    run(owner, f"UPDATE history_line SET body = replace(body, 'false', 'true') WHERE {_LINE}")
    rehash(owner, "case:1", 3, whole=False)
    assert only(engine, "case:1") == "4 the line does not stand on the line before it"


def test_a_chain_that_hangs_in_the_air_is_found(engine, owner):
    run(
        owner,
        "UPDATE history_line SET previous = "
        "(SELECT o.hash FROM history_line o WHERE o.subject = 'case:2' AND o.seq = 1) "
        "WHERE subject = 'case:1' AND seq = 1",
    )
    assert "1 the first line does not stand on the beginning" in only(engine, "case:1")


def test_a_body_in_another_form_is_found_even_with_its_hash(engine, owner):
    run(owner, f"UPDATE history_line SET body = body || ' ' WHERE {_LINE}")
    rehash(owner, "case:1", 3, whole=True)
    assert only(engine, "case:1") == "3 the body is not written in the canonical form"


@pytest.mark.parametrize(
    "body", ["{}", "[]", "{", "null", "1e5", '{"a":1.5}', '"\\ud800"', "[" * 9999]
)
def test_a_body_that_is_no_line_is_found_even_with_its_hash(engine, owner, body):
    with owner.begin() as connection:
        connection.execute(
            text(f"UPDATE history_line SET body = :body WHERE {_LINE}"), {"body": body}
        )
    rehash(owner, "case:1", 3, whole=True)
    assert only(engine, "case:1").startswith("3 ")


@pytest.mark.parametrize("change", ["text = 'другое'", "field = 'other'", "salt = line.hash"])
def test_changed_words_are_found(engine, owner, change):
    change = change.replace("line.hash", f"(SELECT hash FROM history_line WHERE {_LINE})")
    field = "SELECT min(field) FROM history_words WHERE line_id IN " + _OF_LINE
    run(
        owner,
        f"UPDATE history_words SET {change} WHERE line_id IN {_OF_LINE} AND field = ({field})",
    )
    assert "are not those that the line commits to" in only(engine, "case:1")


def test_the_first_broken_line_of_each_subject_is_told(engine, owner):
    run(owner, "UPDATE history_line SET actor = 'person:999' WHERE seq IN (2, 3)")
    found = verify(engine).broken
    assert {(one.subject, one.seq) for one in found} >= {(f"case:{n}", 2) for n in (1, 2, 3)}
    assert len(found) == len({one.subject for one in found})


def test_damaged_text_is_found(engine, owner, dialect):
    if dialect == "sqlite":  # PostgreSQL takes no such bytes
        run(owner, f"UPDATE history_line SET deed = CAST(x'ff' AS TEXT) WHERE {_LINE}")
        assert any("cannot be read" in one for one in findings(engine))
        run(owner, f"UPDATE history_line SET deed = 'look', body = x'ff' WHERE {_LINE}")
        assert any("cannot be read" in one for one in findings(engine))


# --- the present changed behind its back ----------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "support_case SET stage = 'clustered'",
            "stage: history says analysed, the row says clustered",
        ),
        (
            "support_case SET stage = 'nonsense'",
            "stage: history says analysed, the row says nonsense",
        ),
        ("support_case SET version = 9", "version: history says 2, the row says 9"),
        (
            "support_case SET outcome = 'improved'",
            "outcome: history says nothing, the row says improved",
        ),
        ("support_case SET left_stage = NULL", "left_stage: history says identified"),
        ("support_case SET suspended_on = '2026-09-10'", "the row says 2026-09-10"),
        ("support_case SET stage_since = '2020-01-01'", "stage_since: history says 2026-09-08"),
        (
            "support_case SET opened_at = '2020-01-01 00:00:00.000000+00:00'",
            "opened_at: history says",
        ),
    ],
)
def test_a_case_changed_without_history_is_found(engine, owner, change, told):
    run(owner, f"UPDATE {change} WHERE id = 1")
    assert told in only(engine, "case:1")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            f"UPDATE task SET state = 'open' WHERE {_TASK}",
            "curator_named#1 state: history says accepted",
        ),
        (f"UPDATE task SET version = 8 WHERE {_TASK}", "curator_named#1 version: history says 3"),
        (
            f"UPDATE task SET assignee_id = 1 WHERE {_TASK}",
            "curator_named#1 assignee: history says",
        ),
        (f"UPDATE task SET due_on = '2030-01-01' WHERE {_TASK}", "the row says 2030-01-01"),
        (
            f"UPDATE task SET turn = 7 WHERE {_TASK}",
            "the task curator_named#7 has no line of history",
        ),
        (
            f"DELETE FROM deadline_step WHERE task_id IN {_OF_TASK}",
            "curator_named#1 deadline: history",
        ),
        (
            f"UPDATE deadline_step SET due_on = '2030-01-01' WHERE task_id IN {_OF_TASK}",
            "curator_named#1 deadline: history says",
        ),
        (
            f"UPDATE task SET subject = 'case:99' WHERE {_TASK}",
            "case:99 0 the live row has no line",
        ),
        (
            f"UPDATE task SET subject = 'cycle:1' WHERE {_TASK}",
            "curator_named#1 subject: history says case:",
        ),
        (
            "UPDATE decision SET value = 'A' WHERE case_id = 1",
            "decision 1: the words “value” are not",
        ),
        (
            "UPDATE decision SET basis = '' WHERE case_id = 1",
            "decision 1: the words “basis” are not",
        ),
        (
            "UPDATE decision SET kind = 'x' WHERE case_id = 1",
            "decision 1 kind: history says cluster",
        ),
        (
            "UPDATE decision SET decided_by = 2 WHERE case_id = 1",
            "decision 1 decided_by: history says",
        ),
        ("DELETE FROM decision WHERE case_id = 1", "decisions: history says 2, the row says 0"),
        ("UPDATE cycle SET year = 2030", "cycle:1 2 year: history says 2026, the row says 2030"),
        ("UPDATE listing SET confirmed_at = NULL", "confirmed_at: history says 2026-09-07T05:00"),
        ("UPDATE listing SET confirmed_by = NULL", "confirmed_by: history says person:1"),
        ("UPDATE listing SET digest = 'x'", "digest: history says"),
        ("UPDATE verdict SET listed = (1 = 0) WHERE school_id = 1", "listed: history says"),
        ("UPDATE task SET state = 'open' WHERE territory_id = 1", "territory:1"),
    ],
)
def test_a_row_changed_without_history_is_found(engine, owner, change, told):
    run(owner, change)
    assert told in "; ".join(findings(engine))


def test_a_row_without_any_line_is_found(engine, owner):
    run(
        owner,
        "DELETE FROM history_words WHERE line_id IN "
        "(SELECT id FROM history_line WHERE subject IN ('case:1', 'cycle:1', 'listing:1'))",
        "DELETE FROM history_line WHERE subject IN ('case:1', 'cycle:1', 'listing:1')",
    )
    untold = "0 the live row has no line of history"
    assert {f"{name} {untold}" for name in ("case:1", "cycle:1", "listing:1")} <= {
        *findings(engine)
    }


def test_a_line_whose_row_is_missing_is_found(engine, owner):
    run(
        owner,
        f"DELETE FROM deadline_step WHERE task_id IN {_OF_TASK}",
        f"DELETE FROM evidence WHERE submission_id IN "
        f"(SELECT id FROM submission WHERE task_id IN {_OF_TASK})",
        f"DELETE FROM submission WHERE task_id IN {_OF_TASK}",
        f"DELETE FROM task WHERE {_TASK}",
    )
    assert "history tells of the task curator_named#1, it is missing" in only(engine, "case:1")


def test_a_cut_tail_is_found_by_the_row_that_is_ahead(engine, owner):
    last = "(SELECT id FROM history_line WHERE subject = 'case:1' AND version = 2)"
    run(
        owner,
        f"DELETE FROM history_words WHERE line_id IN {last}",
        "DELETE FROM history_line WHERE subject = 'case:1' AND version = 2",
    )
    assert "stage: history says identified, the row says analysed" in only(engine, "case:1")


def test_a_story_that_contradicts_itself_is_found_though_every_hash_fits(engine, owner):
    handed_in = "subject = 'case:1' AND deed = 'submit_task'"
    with owner.begin() as connection:
        seq = connection.execute(
            text(f"SELECT min(seq) FROM history_line WHERE {handed_in}")
        ).scalar_one()
    forge_away(owner, "case:1", seq)
    assert "but it stood at “open”" in only(engine, "case:1")


def test_a_tail_cut_with_its_rows_is_what_only_an_outside_anchor_finds(engine, owner):
    last = "subject = 'case:3' AND deed = 'submit_task'"
    run(
        owner,
        f"DELETE FROM history_words WHERE line_id IN (SELECT id FROM history_line WHERE {last})",
        f"DELETE FROM history_line WHERE {last}",
        "UPDATE task SET state = 'open', version = 1 WHERE subject = 'case:3' AND state = 'submitted'",
    )
    assert verify(engine).ok


def test_no_name_of_a_person_appears_in_a_finding(engine, owner):
    run(
        owner,
        "UPDATE history_words SET text = text || '!'",
        "UPDATE decision SET value = 'Выдуманный', basis = 'person@example.org'",
        "UPDATE task SET assignee_id = 1, state = 'cancelled'",
    )
    said = "; ".join(findings(engine))
    assert said
    assert "Выдуманный" not in said
    assert "example.org" not in said


def forge_away(owner, subject: str, seq: int) -> None:
    """Take a line out and make every later one fit, body, columns and hash."""
    shift = (
        "UPDATE history_line SET seq = seq - 1, "
        "body = replace(body, '\"seq\":' || seq || ',', '\"seq\":' || (seq - 1) || ',') "
        "WHERE subject = :subject AND seq = :seq"
    )
    with owner.begin() as connection:
        at = {"subject": subject, "seq": seq}
        line = "(SELECT id FROM history_line WHERE subject = :subject AND seq = :seq)"
        connection.execute(text(f"DELETE FROM history_words WHERE line_id IN {line}"), at)
        connection.execute(text(f"DELETE FROM history_line WHERE id IN {line}"), at)
        newest = text("SELECT max(seq) FROM history_line WHERE subject = :subject")
        for later in range(seq + 1, connection.execute(newest, at).scalar_one() + 1):
            connection.execute(text(shift), {"subject": subject, "seq": later})
    rehash(owner, subject, seq, whole=True)


# --- any bit --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chain(full_story):
    """Every stored line with the words that are kept for it."""
    engine = connect(full_story.app)
    with reading(engine) as session:
        stored = [line for part in stored_lines(session) for line in part]
        words = kept_words(session, stored)
    engine.dispose()
    return [(line, words.get(line[0], {})) for line in stored]


def test_the_stored_lines_hold_one_by_one(chain):
    for line, words in chain:
        assert check_line(line, line[2], line[11], words)["subject"] == line[1]


@settings(max_examples=300)
@given(data=st.data())
def test_any_changed_bit_of_any_body_or_hash_is_found(chain, data):
    line, words = data.draw(st.sampled_from(chain))
    place = data.draw(st.sampled_from([10, 11, 12]))  # body, previous, hash
    bit = data.draw(st.integers(0, len(line[place]) * 8 - 1))
    changed = bytearray(line[place])
    changed[bit // 8] ^= 1 << (bit % 8)
    spoilt = [*line[:place], bytes(changed), *line[place + 1 :]]
    with pytest.raises(HistoryBroken):
        check_line(spoilt, line[2], line[11], words)
