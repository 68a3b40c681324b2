"""Records through the command line: Yugra's kinds, and one that no code knows, from the form to the page."""

import email
import shutil
from email import policy
from html.parser import HTMLParser
from pathlib import Path

import docx
import pytest
from python_calamine import CalamineWorkbook

import programmes
from tests.cli.conftest import LOW, launch, take_in, write_files
from tests.cli.test_story import PDF

YUGRA = Path(programmes.__file__).parent / "yugra"
HEAD, CURATOR = "head@example.org", "curator@example.org"
COORDINATOR = "coordinator@example.org"
KIND = """
  bird_count:
    words: {ru: учёт птиц, en: bird count}
    scope: case
    fields:
      place: {words: {ru: место, en: place}, required: true, public: true}
      counted_on: {words: {ru: день, en: day}, type: date, required: true, public: true}
      birds: {words: {ru: птиц, en: birds}, type: number, required: true, minimum: 1, public: true}
      note: {words: {ru: заметка, en: note}}
    day: counted_on
    add: [head]
    confirm: [curator]
    numbered: true
    public: true
    outcomes: {published: {ru: опубликован, en: published}}
"""


def add(terminal, kind, *more, at, by=None, **fields):
    words = [word for key, value in fields.items() for word in ("--field", f"{key}={value}")]
    return terminal.done("record", "add", kind, *words, *more, "--json", at=at, by=by).data


def mailbox(terminal):
    """Address, subject, text and whether there is a calendar part, of every letter that has left."""
    for file in sorted((terminal.folder / "home" / "mailbox").glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        to = message["To"].addresses[0].addr_spec
        calendars = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
        text = message.get_body(("plain",)).get_content()
        yield to, str(message["Subject"]), text, [part.get_content() for part in calendars]


class Page(HTMLParser):
    """A page read strictly: closed in order, without scripts, nothing fetched from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.words, self.tags = [], [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        assert tag not in {"script", "img", "iframe", "link", "form"}
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_a_meeting_is_invited_to_attended_and_put_into_the_register(on_database):
    terminal = on_database
    launch(terminal)
    (terminal.folder / "protocol.pdf").write_bytes(PDF)
    held = add(
        terminal, "event", "--invite", f"{LOW}:2", "--guests", 1, at="2026-09-03",
        title="Анализ результатов", type="семинар", held_on="12.09.2026", hour="14:30",
    )  # fmt: skip
    number = held["record"]
    terminal.done("deliver", at="2026-09-04")
    [(to, subject, text, [calendar])] = [
        letter for letter in mailbox(terminal) if "Анализ результатов" in letter[1]
    ]
    assert to == HEAD
    assert subject == "Методическое событие: Анализ результатов, 12 сентября в 14:30"
    assert "Вид: семинар" in text
    assert "DTSTART:20260912T093000Z" in calendar  # 14:30 in Yugra
    assert terminal("record", "attend", number, LOW, at="2026-09-05").status == 1  # still to come
    assert terminal("record", "attend", number, f"{LOW}:3", at="2026-09-14").status == 1
    (terminal.folder / "came.csv").write_text(f"код;человек\n{LOW};2\n", encoding="utf-8")
    came = ["record", "attend", number, "--file", "came.csv", "--guests", 1, "--json"]
    assert terminal.done(*came, at="2026-09-14").data["parties"] == 2
    [seen] = terminal.done("record", "list", "--kind", "event", "--json").data
    assert (seen["invited"], seen["attended"]) == (3, 3)
    matrix = terminal.done("record", "attendance", "event", "--json").data
    assert [row["cells"] for row in matrix["rows"]] == [[[2, 2]]]
    terminal.done("record", "list", "--kind", "event", "--xlsx", "events.xlsx")
    sheet = CalamineWorkbook.from_path("events.xlsx").get_sheet_by_index(0).to_python()
    assert sheet[0][:3] == ["№", "Запись", "День"]
    assert "Анализ результатов" in sheet[1]
    terminal.done("record", "attendance", "event", "--xlsx", "came.xlsx")
    assert terminal.done("verify", "--json").data["ok"]


def test_acts_form_a_chain_and_a_file_goes_to_the_store(region):
    (region.folder / "act.pdf").write_bytes(PDF)
    fields = {
        "title": "О модели",
        "number": "439",
        "signed_on": "2021-06-02",
        "signer": "И. Придуманный",
    }
    top = add(region, "regional_act", at="2026-09-03", scan="act.pdf", **fields)
    fields |= {"title": "О поддержке", "number": "12", "signed_on": "2026-09-02"}
    lonely = ["record", "add", "municipal_act", "--territory", "01"]
    lonely += [word for key, value in fields.items() for word in ("--field", f"{key}={value}")]
    assert region(*lonely, at="2026-09-03", by=COORDINATOR).status == 1
    middle = add(
        region, "municipal_act", "--territory", "01", "--parent", top["record"],
        at="2026-09-03", by=COORDINATOR, **fields,
    )  # fmt: skip
    own = add(
        region, "school_act", "--case", 1, "--parent", middle["record"],
        at="2026-09-03", by=HEAD, **fields,
    )  # fmt: skip
    assert own["state"] == "waiting"
    region.done("record", "confirm", own["record"], at="2026-09-04", by=COORDINATOR)
    shown = region.done("record", "show", own["record"], "--json").data
    assert [one["id"] for one in shown["parents"]] == [middle["record"], top["record"]]
    assert "акт школы" in region.done("case", "show", 1).out
    assert [one["kind"] for one in region.done("case", "show", 1, "--json").data["records"]] == [
        "school_act"
    ]
    assert "О поддержке" in region.done("record", "show", own["record"], by=HEAD).out
    outside = region.done("record", "show", top["record"], "--json", by=HEAD).data
    assert {field["key"] for field in outside["view"]["fields"]} == {"title", "number", "signed_on"}
    assert outside["versions"] == []
    backup = region.done("backup", "--json", at="2026-09-05").data
    assert backup["evidence"] == 1


def test_a_group_is_named_with_its_order_and_roster_and_holds_until_its_day(region):
    (region.folder / "group.yaml").write_text(
        "title: Рабочая группа\norder_number: 30\nordered_on: 2026-09-02\nuntil: 2027-06-30\n"
        "roster:\n  - {name: А. Выдуманная, post: методист, duty: руководитель}\n"
        "  - {name: Б. Придуманный, post: куратор}\n",
        encoding="utf-8",
    )
    words = ["record", "add", "working_group", "--territory", "01", "--file", "group.yaml"]
    region.done(*words, at="2026-09-03", by=COORDINATOR)
    for day, held in (("2027-06-30", 1), ("2027-07-01", 0)):
        assert len(region.done("record", "list", "--on", day, "--json").data) == held
    shown = region.done("record", "show", 1, by=COORDINATOR).out
    assert "А. Выдуманная, методист, руководитель; Б. Придуманный, куратор" in shown
    (region.folder / "group.yaml").write_text(
        "title: x\nroster:\n  - {name: А}\n", encoding="utf-8"
    )
    refused = region(*words, at="2026-09-03", by=COORDINATOR)
    assert "roster[1].post" in refused.err or "roster" in refused.err
    (region.folder / "group.yaml").write_text("title: Одна\ntitle: Другая\n", encoding="utf-8")
    assert "group.yaml:2 title" in region(*words, at="2026-09-03", by=COORDINATOR).err


def test_a_need_makes_a_task_and_is_met(region):
    made = add(
        region, "specialist_need", "--case", 1, at="2026-09-03", by=HEAD,
        specialist="psychologist", rate="0,5", why="Много детей с ОВЗ", due="2026-10-30",
    )  # fmt: skip
    [task] = [
        one
        for one in region.done("task", "list", "--json").data
        if one["milestone"] == "specialist_found"
    ]
    assert (task["assignee"], task["due_on"]) == (COORDINATOR, "2026-10-30")
    region.done("deliver", at="2026-09-04")
    told = [letter for letter in mailbox(region) if "Много детей" in letter[1]]
    assert [letter[0] for letter in told] == [COORDINATOR]
    assert "Срок: 30 октября 2026 г." in told[0][2]
    region.done(
        "task", "submit", task["id"], "--text", "С 1 октября", at="2026-09-20", by=COORDINATOR
    )
    region.done("task", "accept", task["id"], at="2026-09-21")
    concluded = ["record", "conclude", made["record"], "filled", "--json"]
    assert region.done(*concluded, at="2026-09-21", by=HEAD).data["outcome"] == "filled"
    assert (
        region("record", "conclude", made["record"], "eaten", at="2026-09-21", by=HEAD).status == 1
    )


def test_a_question_is_asked_and_answered_by_letter(region):
    asked = add(
        region, "question", "--case", 1, at="2026-09-03", by=HEAD, question="Как посчитать долю?"
    )["record"]
    answered = ["record", "answer", asked, "--text", "По форме 2", "--json"]
    assert region.done(*answered, at="2026-09-04", by=CURATOR).data["reply"] == 1
    region.done("deliver", at="2026-09-05")
    letters = [
        (to, "По форме 2" in text) for to, subject, text, _ in mailbox(region) if "долю" in subject
    ]
    assert letters == [(HEAD, True)]  # by now the question itself has its answer
    assert region("record", "answer", asked, "--text", " ", at="2026-09-05", by=CURATOR).status == 1
    hidden = region.done("history", 1, "--json", by=HEAD).data["lines"][-1]
    assert (hidden["deed"], hidden["words"]) == ("answer_record", {})


def test_recommendations_are_acknowledged_by_each_municipality(region):
    made = add(
        region, "methodical_recommendations", at="2026-09-03", title="О диагностике",
        issued_on="2026-09-03",
    )["record"]  # fmt: skip
    region.done("deliver", at="2026-09-04")
    assert [to for to, subject, _, _ in mailbox(region) if "диагностике" in subject] == [
        COORDINATOR
    ]
    assert region("record", "acknowledge", made, at="2026-09-04", by=HEAD).status == 1
    said = region.done(
        "record", "acknowledge", made, "--json", at="2026-09-04", by=COORDINATOR
    ).data
    assert len(said["acknowledged"]) == 1
    [seen] = region.done("record", "list", "--kind", "methodical_recommendations", "--json").data
    assert (seen["asked"], seen["acknowledged"]) == (1, 1)


@pytest.fixture
def birds(terminal):
    """A programme with a kind of record that no code knows, needed by a move and as a proof."""
    folder = terminal.folder / "mine"
    shutil.copytree(YUGRA, folder)
    records = (folder / "records.yaml").read_text(encoding="utf-8")
    (folder / "records.yaml").write_text(records + KIND, encoding="utf-8")
    stages = (folder / "stages.yaml").read_text(encoding="utf-8")
    need = "      - {need: curator}\n"
    stages = stages.replace(need, need + "      - {need: record, of: bird_count, at_least: 2}\n", 1)
    proof = "evidence: {document: information_card}"
    assert proof in stages
    stages = stages.replace(proof, "evidence: {record: bird_count}", 1)
    (folder / "stages.yaml").write_text(stages, encoding="utf-8")
    terminal.done("init", "--name", "Оператор", at="2026-08-01")
    write_files(terminal.folder)
    for profile in ("schools", "results", "people"):
        take_in(terminal, profile)
    terminal.done("cycle", "open", "--programme", "mine", "--year", 2026, "--yes", at="2026-09-01")
    return terminal


def test_a_kind_that_no_code_knows_works_from_the_form_to_the_page(birds):
    assert "bird_count" in birds.done("record", "kinds").out
    assert "птиц" in birds.done("record", "kinds", "--kind", "bird_count").out
    file = birds.folder / "count.yaml"
    file.write_text(
        "place: Роща <script>\ncounted_on: 2026-09-04\nbirds: 12\nnote: Утром, с детьми.\n",
        encoding="utf-8",
    )
    words = ["record", "add", "bird_count", "--case", 1, "--file", "count.yaml", "--json"]
    first = birds.done(*words, at="2026-09-05", by=HEAD).data
    assert (first["number"], first["state"]) == (1, "waiting")
    refused = birds("case", "move", 1, "analyse", at="2026-09-05")
    assert "учёт птиц" in refused.err
    [card] = [
        one["id"]
        for one in birds.done("task", "list", "--json").data
        if one["milestone"] == "information_card_filled"
    ]
    assert birds("task", "submit", card, at="2026-09-05", by=HEAD).status == 1
    birds.done("record", "confirm", first["record"], at="2026-09-06", by=CURATOR)
    birds.done("task", "submit", card, at="2026-09-06", by=HEAD)
    assert "0 of 2" not in birds("case", "move", 1, "analyse", at="2026-09-06").err
    second = add(
        birds, "bird_count", "--case", 1, at="2026-09-06", by=HEAD,
        place="Пруд", counted_on="2026-09-06", birds=3,
    )  # fmt: skip
    birds.done("record", "confirm", second["record"], at="2026-09-06", by=CURATOR)
    assert "учёт птиц" not in birds("case", "move", 1, "analyse", at="2026-09-06").err
    assert "внесена запись" in birds.done("history", 1).out
    birds.done("record", "conclude", first["record"], "published", at="2026-09-07", by=HEAD)
    birds.done("record", "list", "--xlsx", "all.xlsx")
    assert CalamineWorkbook.from_path("all.xlsx").sheet_names == ["учёт птиц"]
    birds.done("document", "make", "case_folder", 1, "--out", "folder.docx", at="2026-09-07")
    folder = " ".join(line.text for line in docx.Document("folder.docx").paragraphs)
    assert "Учёт птиц № 1: Роща <script>" in folder.replace("\N{NO-BREAK SPACE}", " ")
    report = birds.done("report", "cycle", "--json").data
    [counted] = [one for one in report["tables"] if one["title"] == "Записи"]
    assert ["Учёт птиц", "2"] in [row[:2] for row in counted["rows"]]
    told = ["cycle", "publish", "--programme", "mine", "--year", 2026, "--out", "public", "--json"]
    published = birds.done(*told, at="2026-09-08").data
    text = (birds.folder / published["page"]).read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    said = " ".join(page.words)
    assert "Роща <script>" in said
    assert "Школа № 1" in said
    for hidden in ("Утром, с детьми", "Директор Выдуманный", HEAD, "Школа № 2"):
        assert hidden not in text
    assert text.index('lang="ru" id="ru"') < text.index('id="en"')
    assert birds.done("verify", "--json").data["ok"]
    again = birds.done(*told, at="2026-09-08").data
    assert again["sha256"] == published["sha256"]


def test_the_page_carries_public_files_and_nobody_else_may_write_it(region):
    (region.folder / "plan.pdf").write_bytes(PDF)
    add(region, "material", "--case", 1, at="2026-09-03", by=HEAD, title="План", text="plan.pdf")
    words = ["cycle", "publish", "--programme", "yugra", "--year", 2026, "--out"]
    assert region(*words, "public", at="2026-09-04", by=COORDINATOR).status == 1
    assert not (region.folder / "public").exists()
    told = region.done(*words, "public", "--json", at="2026-09-04").data
    assert (told["files"], told["records"], told["schools"]) == (1, 1, 1)
    [file] = (region.folder / "public" / "files").iterdir()
    assert file.read_bytes() == PDF
    page = Page((region.folder / told["page"]).read_text(encoding="utf-8"))
    assert f"files/{file.name}" in page.links
    (region.folder / "taken").write_text("x", encoding="utf-8")
    assert region(*words, "taken", at="2026-09-04").status == 1


NONSENSE = (
    ["record", "add", "weather"],
    ["record", "add", "visit"],
    ["record", "add", "visit", "--case", 99],
    ["record", "add", "visit", "--case", 1, "--territory", "01"],
    ["record", "add", "visit", "--case", 1, "--field", "who"],
    ["record", "add", "visit", "--case", 1, "--file", "nowhere.yaml"],
    ["record", "add", "visit", "--case", 1, "--file", "bad.yaml"],
    [
        "record",
        "add",
        "question",
        "--case",
        1,
        "--field",
        "question=x",
        "--field",
        "file=none.pdf",
    ],
    ["record", "show", 99],
    ["record", "amend", 99, "--field", "x=y"],
    ["record", "attendance", "visit"],
    ["record", "list", "--xlsx", "nowhere/x.xlsx"],
)


def test_what_makes_no_sense_is_refused_and_named(region):
    (region.folder / "bad.yaml").write_text("a: [1\n", encoding="utf-8")
    for words in NONSENSE:
        answer = region(*words)
        assert answer.status in {1, 2}, words
        assert answer.err.strip()
        assert answer.out == ""
