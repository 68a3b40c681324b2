"""A list between the rules and the people: coverage, overrides, objections, designation, editions."""

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlmodel import col, select

from audit.verification import verify
from casework.cycles.opening import open_cycle
from casework.files.tables import read_table
from casework.judgement.covering import facts_read, uncovered
from casework.judgement.gaps import gaps
from casework.judgement.identifying import confirm_list, identify
from casework.letters.writing import composer
from casework.lists.comparing import Change, compare_lists
from casework.lists.designating import Choice, designate
from casework.lists.editions import Act, publish_list
from casework.lists.list_documents import write_documents
from casework.lists.list_views import list_view, objections, versions
from casework.lists.listing import categories_of, is_supported, listing_of
from casework.lists.objecting import Resolution, decide_objection, object_to_list
from casework.lists.overriding import Ruling, override_verdict
from casework.lists.overriding_files import override_by_file
from models.letter import Letter
from models.listing import Objection, Override
from models.people import Appointment, Person
from models.school import Fact, School, Territory
from opora.database import transaction
from opora.errors import FileRefused, Forbidden, InputRefused, NotFound, NotReady
from programmes.import_profiles import FileFormat
from programmes.reading import read_programme_files
from states.role import Role
from tests.worlds import SINCE, YEAR, World, acting, small_world, yugra

ACT = Act(number="10-П-512", signed_on=date(2026, 9, 1), signer="И. Придуманный")
LATER = datetime(2026, 9, 8, 5, 0, tzinfo=UTC)
LIMITED = "objections: {within: 3, appeals_within: 2}\n"


def programme(lists: str = ""):
    """Yugra with another lists.yaml, or with none."""
    files = {name: text for name, text in yugra().files.items() if name != "lists.yaml"}
    files |= {"lists.yaml": lists} if lists else {}
    return read_programme_files(files, name="yugra")


def school(session, number: int):
    return session.exec(select(School).order_by(col(School.code)).offset(number)).first()


def person(session, world: World, email: str, role: Role, register: str = "*") -> Person:
    found = Person(email=email, name=f"Выдуманный {email.partition('@')[0]}")
    session.add(found)
    session.flush()
    session.add(Appointment(person_id=found.id, role=role, register_key=register, since=SINCE))
    session.flush()
    return found


def ruling(code: str, *, on: bool, **more) -> Ruling:
    given = {"reason": "Слита с другой школой", "basis": "приказ № 3", **more}
    return Ruling(school=code, carries=on, **given)


def listed(session, world: World) -> set[str]:
    seen = list_view(session, world.listing, acting(world.operator))
    return {one.school for one in seen.schools if one.listed}


def head(world: World, of: School) -> Person:
    return world.people[Role.HEAD, of.id or 0]


def object_(session, world: World, of: School, at=LATER, *, appeal: bool = False, by=None):
    who = acting(by or head(world, of), at)
    return object_to_list(session, world.listing, of.code, "Нет 9Б", who, appeal=appeal)


# --- coverage -------------------------------------------------------------------------------------


def unknown_school(session, world: World, **more) -> School:
    territory = session.exec(select(Territory).order_by(col(Territory.id))).first()
    found = School(
        register_key="yugra", code="869999", name="Забытая", territory_id=territory.id, **more
    )
    session.add(found)
    session.flush()
    return found


def test_a_list_is_not_confirmed_while_an_open_school_is_not_judged(session, world):
    unknown_school(session, world)
    run = session.exec(select(Fact)).first().import_id
    session.add(Fact(school_id=school(session, 0).id, year=YEAR, name="wellbeing_index",
                     value="30", import_id=run, row=9))  # fmt: skip
    session.flush()
    again = identify(session, world.programme, YEAR, acting(world.operator, LATER)).listing
    assert again.version == 2
    with pytest.raises(NotReady, match=r"1 open schools.*opora list gaps") as no:
        confirm_list(session, again, acting(world.operator, LATER))
    assert str(no.value.fields["what"]).startswith("1 ")

    word = ruling("869999", on=False, reason="Нет выпускных классов")
    override_verdict(session, again, word, acting(world.operator, LATER))
    assert confirm_list(session, again, acting(world.operator, LATER)).confirmed_at == LATER


def test_a_school_of_which_too_little_is_known_may_be_left_off_by_a_person(session, world):
    found = unknown_school(session, world)
    run = session.exec(select(Fact)).first().import_id
    session.add(Fact(school_id=found.id, year=YEAR, name="wellbeing_index",
                     value="30", import_id=run, row=9))  # fmt: skip
    session.flush()
    who = acting(world.operator, LATER)
    again = identify(session, world.programme, YEAR, who).listing
    with pytest.raises(NotReady, match="1 open schools"):
        confirm_list(session, again, who)
    word = ruling("869999", on=False, reason="Нет выпускных классов")
    assert override_verdict(session, again, word, who).by_rule is None
    assert confirm_list(session, again, who).confirmed_at == LATER


@pytest.mark.parametrize(
    "more",
    [
        {"closed_on": date(2026, 8, 31)},
        {"opened_on": date(2027, 9, 1)},
        {"merged_into": "860000"},
        {"closed_on": date(2025, 1, 1), "merged_into": "860000"},
    ],
)
def test_a_school_that_is_not_open_need_not_be_judged(more, session, world):
    found = unknown_school(session, world, **more)
    judged = {one.id or 0: None for one in session.exec(select(School)) if one.id != found.id}
    assert uncovered(session, world.programme, YEAR, judged) == []


def test_kinds_are_left_out_by_a_stated_rule_and_silence_with_a_reason_counts(session, world):
    found = unknown_school(session, world, kind="Начальная школа")
    words = "{ru: нет девятых классов, en: no ninth grade}"
    every = "coverage:\n  demands: every_open_school\n"
    judged = {one.id or 0: None for one in session.exec(select(School)) if one.id != found.id}
    rule = f"{every}  leave_out: [{{kinds: [Начальная школа], words: {words}}}]\n"
    assert uncovered(session, programme(rule), YEAR, judged) == []
    assert uncovered(session, programme(every), YEAR, judged) == [found.id]
    assert uncovered(session, programme(), YEAR, judged) == []  # judged: row_in_year
    number = found.id or 0
    excused, silent = {**judged, number: ["too_few"]}, {**judged, number: ["missing"]}
    assert uncovered(session, programme(every), YEAR, excused) == []
    assert uncovered(session, programme(every), YEAR, silent) == [found.id]
    assert uncovered(session, programme(every), YEAR, silent, {number: {}}) == []


def test_the_gap_list_names_the_school_and_the_missing_facts(session, world):
    found = unknown_school(session, world)
    run = session.exec(select(Fact)).first().import_id
    session.add(Fact(school_id=found.id, year=YEAR, procedure="oge_math", name="participants",
                     value="20", import_id=run, row=9))  # fmt: skip
    session.flush()
    (gap,) = gaps(session, world.programme, YEAR, acting(world.operator))
    assert (gap.school, gap.territory) == ("869999", "Район 01")
    missing = {(one.fact, one.year, one.procedure) for one in gap.missing}
    assert ("below_threshold", YEAR, "oge_math") in missing
    assert ("level", None, None) in missing
    assert not {fact for fact, *_ in missing} & {"participants", "biased", "founder"}
    assert set(facts_read(world.programme.identification)) >= {"participants", "below_threshold"}
    with pytest.raises(Forbidden):
        gaps(session, world.programme, YEAR, acting(head(world, school(session, 0))))


# --- overrides ------------------------------------------------------------------------------------


def test_the_newest_word_stands_and_the_rules_verdict_is_kept_beside_it(session, world):
    first, good = school(session, 0).code, school(session, 3).code
    who = acting(world.operator, LATER)
    override_verdict(session, world.listing, ruling(first, on=False), who)
    override_verdict(session, world.listing, ruling(good, on=True), who)
    assert listed(session, world) == {good, school(session, 1).code, school(session, 2).code}
    back = override_verdict(
        session, world.listing, ruling(first, on=True, reason="Слияние отменено"), who
    )
    assert (back.by_rule, back.carries, back.is_new) == (True, True, True)
    rows = {one.school: one for one in list_view(session, world.listing, who).schools}
    assert (rows[first].by_rule, rows[first].listed) == (True, True)
    assert rows[first].overrides[0].reason == "Слияние отменено"
    assert len(session.exec(select(Override)).all()) == 3


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reason": " "}, "An override says why"),
        ({"basis": ""}, "An override says why"),
        ({"category": "nothing"}, "The programme knows"),
        ({"on": True}, "The rules say so already"),
    ],
)
def test_an_override_without_sense_is_refused(changes, error, session, world):
    given = {"on": False, **changes}
    with pytest.raises(InputRefused, match=error):
        override_verdict(
            session,
            world.listing,
            ruling(school(session, 0).code, **given),
            acting(world.operator),
        )


def test_whoever_has_not_the_right_overrides_nothing(session, world):
    of = school(session, 0)
    with pytest.raises(Forbidden):
        override_verdict(session, world.listing, ruling(of.code, on=False), acting(head(world, of)))


def test_a_category_is_given_without_touching_the_list(session, world):
    of = school(session, 3)
    word = ruling(of.code, on=True, category="adverse_conditions")
    override_verdict(session, world.listing, word, acting(world.operator, LATER))
    assert of.code not in listed(session, world)
    found = categories_of(session, world.programme, world.listing.id, of.id)
    assert found == ("adverse_conditions",)


def test_the_school_that_leaves_the_list_still_has_its_case_and_that_is_told(session, world):
    who = acting(world.operator, LATER)
    told = override_verdict(session, world.listing, ruling("860000", on=False), who)
    assert told.case == world.cases[0]
    told = override_verdict(session, world.listing, ruling("860003", on=True), who)
    assert told.to_open


def test_a_newer_version_keeps_what_people_said(session, world):
    override_verdict(
        session, world.listing, ruling("860000", on=False), acting(world.operator, LATER)
    )
    run = session.exec(select(Fact)).first().import_id
    session.add(Fact(school_id=school(session, 1).id, year=YEAR, name="wellbeing_index",
                     value="30", import_id=run, row=9))  # fmt: skip
    session.flush()
    newer = identify(session, world.programme, YEAR, acting(world.operator, LATER)).listing
    assert newer.version == 2
    rows = {one.school: one for one in list_view(session, newer, acting(world.operator)).schools}
    assert (rows["860000"].by_rule, rows["860000"].listed) == (True, False)
    assert rows["860000"].overrides[0].reason == "Слита с другой школой"
    found = versions(session, "yugra", "yugra", YEAR, acting(world.operator))
    assert [(one.version, one.listed, one.overrides) for one in found] == [(1, 2, 1), (2, 2, 1)]
    assert listing_of(session, "yugra", YEAR).version == 1  # the cycle stands on it
    assert listing_of(session, "yugra", YEAR, 2).id == newer.id


def test_a_file_of_overrides_is_tried_first_and_bad_rows_are_named(session, world, tmp_path):
    file = tmp_path / "overrides.csv"
    file.write_text(
        "school;verdict;reason;basis\n"
        "860000;off;Слита;приказ № 3\n"
        "860003;give adverse_conditions;Пожар;протокол 4\n"
        "999999;off;Нет такой;приказ № 3\n"
        "860001;perhaps;Не знаем;приказ № 3\n"
        "860002;off;;приказ № 3\n"
        "860000;on;Наоборот;приказ № 3\n",
        encoding="utf-8",
    )
    who = acting(world.operator, LATER)
    tried = override_by_file(session, world.listing, file, who, dry_run=True)
    assert (len(tried.done), len(tried.rejected)) == (2, 4)
    assert session.exec(select(Override)).all() == []
    done = override_by_file(session, world.listing, file, who)
    assert [one.school for one in done.done] == ["860000", "860003"]
    assert [(one.row, one.field) for one in done.rejected] == [
        (4, "school"),
        (5, "verdict"),
        (6, "reason"),
        (7, "school"),
    ]
    again = override_by_file(session, world.listing, file, who)
    assert (again.done, again.unchanged, len(again.rejected)) == ((), 2, 4)


@pytest.mark.parametrize("header", ["school;verdict;reason", "school;verdict;reason;basis;basis"])
def test_a_file_that_is_no_table_of_overrides_is_refused_whole(header, session, world, tmp_path):
    file = tmp_path / "overrides.csv"
    file.write_text(f"{header}\n860000;off;a;b;c\n", encoding="utf-8")
    with pytest.raises(FileRefused, match="column “basis”"):
        override_by_file(session, world.listing, file, acting(world.operator))


# --- objections -----------------------------------------------------------------------------------


def composed(session, kind: str):
    letters = session.exec(select(Letter).where(Letter.kind == kind).order_by(col(Letter.id)))
    return [composer("https://opora.example.org", LATER)(session, one) for one in letters]


def test_an_upheld_objection_turns_the_verdict_round_and_is_told(session, world):
    of = school(session, 0)
    made = object_(session, world, of)
    (asked,) = composed(session, "objection_made")
    assert asked.to.address == "operator@example.org"
    assert asked.fields["reason"] == "Нет 9Б"
    assert asked.fields["is_listed"] is True

    upheld = Resolution(is_upheld=True, remarks="Файл неполон", basis="протокол № 4")
    told = decide_objection(session, made.id, upheld, acting(world.operator, LATER))
    assert told.override.case == world.cases[0]
    assert of.code not in listed(session, world)
    (answer,) = composed(session, "objection_decided")
    assert answer.to.address == head(world, of).email
    assert (answer.fields["is_upheld"], answer.fields["is_listed"]) == (True, False)
    assert answer.fields["remarks"] == "Файл неполон"
    (late,) = composed(session, "objection_made")
    assert str(late.reason) == "somebody has decided already"
    assert session.exec(select(Override)).one().carries is False


def test_a_refused_objection_changes_nothing_and_an_appeal_goes_to_another_person(session, world):
    of, refused = school(session, 0), Resolution(is_upheld=False, remarks="Всё верно")
    first, second = world.operator, person(session, world, "second@example.org", Role.OPERATOR)
    made = object_(session, world, of)
    decide_objection(session, made.id, refused, acting(first, LATER))
    assert of.code in listed(session, world)
    with pytest.raises(InputRefused, match="--appeal"):
        object_(session, world, of)
    appeal = object_(session, world, of, appeal=True)
    asked = session.exec(
        select(Letter.recipient_id).where(Letter.key == f"objection:{appeal.id}:made:{second.id}")
    )
    assert asked.all() == [second.id]
    with pytest.raises(InputRefused, match="somebody who did not decide"):
        decide_objection(session, appeal.id, refused, acting(first, LATER))
    upheld = Resolution(is_upheld=True, remarks="Пересчитали", basis="протокол № 5")
    decide_objection(session, appeal.id, upheld, acting(second, LATER))
    assert of.code not in listed(session, world)
    with pytest.raises(InputRefused, match="decided already"):
        decide_objection(session, appeal.id, upheld, acting(second, LATER))
    with pytest.raises(InputRefused, match="once and for all"):
        object_(session, world, of, appeal=True)
    seen = objections(session, "yugra", YEAR, acting(head(world, of)), decided=True)
    assert [(one.is_upheld, one.appeal_of) for one in seen] == [(False, None), (True, made.id)]


def test_only_who_answers_for_a_school_objects_and_once(session, world):
    of, other = school(session, 0), school(session, 1)
    with pytest.raises(NotFound):
        object_(session, world, of, by=head(world, other))
    with pytest.raises(Forbidden):
        object_(session, world, of, by=world.people[Role.CURATOR, of.id])
    coordinator = world.people[Role.COORDINATOR, of.territory_id]
    made = object_(session, world, of, by=coordinator)
    with pytest.raises(InputRefused, match=f"Objection {made.id} of this school waits"):
        object_(session, world, of)
    with pytest.raises(InputRefused, match="Nothing has been decided"):
        object_(session, world, other, appeal=True)
    assert objections(session, "yugra", YEAR, acting(head(world, other))) == []
    with pytest.raises(Forbidden):
        decide_objection(
            session, made.id, Resolution(is_upheld=False, remarks="Нет"), acting(coordinator)
        )


def test_nobody_decides_on_their_own_objection(session, world):
    of = school(session, 0)
    both = head(world, of)
    session.add(
        Appointment(person_id=both.id, role=Role.OPERATOR, register_key="yugra", since=SINCE)
    )
    session.flush()
    made = object_(session, world, of)
    with pytest.raises(InputRefused, match="somebody else does"):
        decide_objection(
            session, made.id, Resolution(is_upheld=False, remarks="Нет"), acting(both, LATER)
        )


def test_a_late_objection_and_a_late_appeal_are_refused_with_the_last_day(session):
    world = small_world(session, programme(LIMITED))
    of, other = school(session, 0), school(session, 1)
    object_(session, world, other, at=LATER)  # not published yet: nothing runs
    publish_list(session, world.listing, ACT, acting(world.operator, LATER))  # Tuesday
    in_time = datetime(2026, 9, 11, 5, 0, tzinfo=UTC)
    late = datetime(2026, 9, 14, 5, 0, tzinfo=UTC)
    with pytest.raises(NotReady, match="the last day was 2026-09-11"):
        object_(session, world, of, at=late)
    made = object_(session, world, of, at=in_time)
    refused = Resolution(is_upheld=False, remarks="Всё верно")
    decide_objection(session, made.id, refused, acting(world.operator, late))
    with pytest.raises(NotReady, match="the last day was 2026-09-16"):
        object_(session, world, of, at=datetime(2026, 9, 17, 5, 0, tzinfo=UTC), appeal=True)
    assert object_(session, world, of, at=datetime(2026, 9, 16, 5, 0, tzinfo=UTC), appeal=True)


# --- designation ----------------------------------------------------------------------------------

CAPPED = "designation: {caps: [{share: 0.5, of: judged}, {at_most: 1, per: territory}]}\n"


@pytest.fixture
def eligible(session):
    """Three eligible schools of four judged, in two territories; no cycle is open."""
    world = small_world(session)  # its people and facts
    capped = programme(CAPPED)
    listing = identify(session, capped, YEAR, acting(world.operator)).listing
    return replace(world, programme=capped, listing=listing)


def test_eligible_is_not_designated_and_caps_refuse_with_their_numbers(session, eligible):
    who, listing = acting(eligible.operator, LATER), eligible.listing
    with pytest.raises(InputRefused, match=r"at most 2 may be designated \(4 were judged"):
        designate(session, listing, Choice(schools=None, basis="приказ № 7"), who)
    with pytest.raises(InputRefused, match=r"at most 1 may be designated \(2 are eligible"):
        designate(session, listing, Choice(schools=["860000", "860002"], basis="приказ № 7"), who)
    with pytest.raises(InputRefused, match="not on the list"):
        designate(session, listing, Choice(schools=["860003"], basis="приказ № 7"), who)
    with pytest.raises(InputRefused, match="on what basis"):
        designate(session, listing, Choice(schools=["860000"], basis=""), who)
    chosen = Choice(schools=["860000", "860001"], basis="приказ № 7")
    tried = designate(session, listing, chosen, who, dry_run=True)
    assert (tried.designated, tried.eligible) == (2, 3)
    designate(session, listing, chosen, who)
    supported = is_supported(listing.id, eligible.programme)
    assert set(session.exec(select(School.code).where(supported))) == {"860000", "860001"}
    undone = replace(chosen, schools=["860000"], is_designated=False)
    assert designate(session, listing, undone, who).designated == 1
    assert designate(session, listing, undone, who).schools == ()


def test_a_cycle_waits_for_the_first_designation(session):
    world = small_world(session)
    files = {**world.programme.files, "lists.yaml": "designation: {}\n"}
    files["programme.yaml"] = files["programme.yaml"].replace("key: yugra", "key: other", 1)
    if "register:" not in files["programme.yaml"]:
        files["programme.yaml"] += "\nregister: yugra\n"
    other = read_programme_files(files, name="other")
    who = acting(world.operator, LATER)
    listing = identify(session, other, YEAR, who).listing
    confirm_list(session, listing, who)
    with pytest.raises(NotReady, match="opora list designate --programme other"):
        open_cycle(session, other, listing, who)
    designate(session, listing, Choice(schools=["860001"], basis="приказ № 7"), who)
    assert open_cycle(session, other, listing, who).listing_id == listing.id


def test_a_programme_without_designation_has_nobody_to_designate(session, world):
    with pytest.raises(InputRefused, match="nobody is designated"):
        designate(
            session,
            world.listing,
            Choice(schools=None, basis="приказ № 7"),
            acting(world.operator),
        )


# --- editions and comparison ----------------------------------------------------------------------


def test_an_edition_is_fixed_and_the_same_list_gives_no_second_one(session, world, tmp_path):
    who = acting(world.operator, LATER)
    first = publish_list(session, world.listing, ACT, who)
    assert publish_list(session, world.listing, ACT, who).id == first.id
    override_verdict(session, world.listing, ruling("860000", on=False), who)
    assert list_view(session, world.listing, who).is_changed
    second = publish_list(session, world.listing, ACT, who)
    assert (first.edition, second.edition) == (1, 2)
    assert [len(one.content["schools"]) for one in (first, second)] == [3, 2]
    assert not list_view(session, world.listing, who).is_changed

    school(session, 1).name = "=HYPERLINK(1)"
    session.flush()
    third = publish_list(session, world.listing, ACT, who)
    files = write_documents(session, third, tmp_path / "out", "ru")
    page = files.page.read_text(encoding="utf-8")
    assert third.sha256 in page
    assert "издание 3 от 8 сентября 2026 г." in page
    table = read_table(files.workbook, FileFormat(header_row=6), ["Школа"])
    assert table.header[:4] == ("№", "Идентификатор", "Школа", "Муниципалитет")
    rows = [[str(cell) for cell in cells[:3]] for _, cells in table.rows]
    assert [row[1:] for row in rows] == [["860001", "=HYPERLINK(1)"], ["860002", "Школа № 2"]]
    with zipfile.ZipFile(files.workbook) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    before = files.workbook.read_bytes()
    assert write_documents(session, third, tmp_path / "out", "ru").workbook.read_bytes() == before


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (replace(ACT, number=" "), "names its act"),
        (replace(ACT, signer=""), "names its act"),
        (replace(ACT, signed_on=date(2026, 9, 30)), "signed before"),
    ],
)
def test_a_list_is_published_by_an_act(act, error, session, world):
    with pytest.raises(InputRefused, match=error):
        publish_list(session, world.listing, act, acting(world.operator, LATER))


def test_a_list_that_nobody_answers_for_is_not_published(session, world):
    world.listing.confirmed_at = None
    with pytest.raises(NotReady, match="is not confirmed"):
        publish_list(session, world.listing, ACT, acting(world.operator, LATER))


def test_two_lists_are_compared_by_school_place_and_ground(session, world):
    run = session.exec(select(Fact)).first().import_id
    of = school(session, 0)
    results = {"participants": "20", "below_threshold": "1", "biased": "no"}
    session.add_all(
        Fact(school_id=one.id, year=YEAR + 1, procedure=procedure, name=name,
             value="15" if name == "below_threshold" and one.id != of.id else value,
             import_id=run, row=2)
        for one in session.exec(select(School)).all()
        for procedure in ("oge_math", "oge_russian")
        for name, value in results.items()
    )  # fmt: skip
    session.flush()
    who = acting(world.operator, LATER)
    new = identify(session, world.programme, YEAR + 1, who).listing
    found = compare_lists(session, world.listing, new, who)
    changes = {one.school: one.change for one in found.schools}
    assert changes == {
        "860000": Change.LEFT,
        "860001": Change.STAYED,
        "860002": Change.STAYED,
        "860003": Change.ENTERED,
    }
    by_school = {one.school: one for one in found.schools}
    assert by_school["860000"].lost
    assert by_school["860003"].gained
    assert by_school["860001"].gained == by_school["860001"].lost == ()
    counts = [found.by_territory[key] for key in sorted(found.by_territory)]
    assert [list(one.values()) for one in counts] == [[0, 1, 1], [1, 0, 1]]
    assert (found.old, found.new) == ((YEAR, 1), (YEAR + 1, 1))


# --- the whole life, verified ---------------------------------------------------------------------


def test_the_life_of_a_list_holds_against_its_history(engine):
    with transaction(engine) as session:
        world = small_world(session)
        who = acting(world.operator, LATER)
        second = person(session, world, "second@example.org", Role.OPERATOR)
        override_verdict(session, world.listing, ruling("860003", on=True), who)
        of = school(session, 1)
        made = object_(session, world, of)
        refused = Resolution(is_upheld=False, remarks="Всё верно")
        decide_objection(session, made.id, refused, who)
        appeal = object_(session, world, of, appeal=True)
        upheld = Resolution(is_upheld=True, remarks="Ошиблись", basis="протокол № 5")
        decide_objection(session, appeal.id, upheld, acting(second, LATER))
        object_(session, world, school(session, 2))
        publish_list(session, world.listing, ACT, who)
        listing = identify(session, programme("designation: {}\n"), YEAR, who).listing
        designate(session, listing, Choice(schools=["860000", "860003"], basis="приказ"), who)
        assert listing.version == 2
    found = verify(engine)
    assert found.ok, found.broken
    with transaction(engine) as session:
        waiting = session.exec(select(Objection).where(col(Objection.is_upheld).is_(None))).one()
        waiting.is_upheld = False
        session.add(waiting)
    (broken,) = verify(engine).broken
    assert broken.subject == f"listing:{world.listing.id}"
