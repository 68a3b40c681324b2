"""The mailbox folder, the address of a mail server, and who is asked to carry letters."""

import asyncio
import socket
import threading

import pytest

from notifications.post import Answer, FolderPost, Verdict, file_name, post_for
from notifications.smtp_post import SmtpPost
from opora.errors import InputRefused
from opora.settings import Settings
from tests.notifications.conftest import SENDER
from tests.notifications.test_sealing import sealed


def test_a_letter_is_a_file_named_for_its_day_kind_and_reader(tmp_path):
    letter = sealed()
    with FolderPost(tmp_path / "mailbox") as post:
        answer = post.send(SENDER, letter.address, letter.body)
    [file] = (tmp_path / "mailbox").iterdir()
    assert answer == Answer(Verdict.SENT, 250, file.name)
    assert file.name.startswith("2026-11-23-task-returned-maria-")
    assert file.name == file_name(letter.body)
    assert file.read_bytes() == letter.body


def test_the_same_letter_again_is_the_same_file(tmp_path):
    with FolderPost(tmp_path) as post:
        for _ in range(2):
            post.send(SENDER, "maria@example.org", sealed().body)
    assert len([*tmp_path.iterdir()]) == 1


def test_no_address_leads_out_of_the_folder():
    name = file_name(sealed(address="../../etc/x@example.org".replace("..", "a")).body)
    assert "/" not in name
    assert name.startswith("2026-11-23-task-returned-a-a-etc-x-")


def test_a_folder_that_cannot_be_written_is_an_outage(tmp_path):
    with FolderPost(tmp_path / "mailbox") as post:
        (tmp_path / "mailbox").rmdir()
        answer = post.send(SENDER, "maria@example.org", sealed().body)
    assert answer.verdict is Verdict.OUTAGE
    assert "No such file" in answer.text


def test_letters_go_to_the_server_of_the_settings_else_to_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert isinstance(post_for(Settings(home=tmp_path)), FolderPost)
    assert isinstance(post_for(Settings(smtp_url="smtp://127.0.0.1:2525")), SmtpPost)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:25",
        "http://mail.example.org",
        "smtp://",
        "smtp://a:b@h:port",
        "smtp://h\r\nx",
    ],
)
def test_an_address_of_no_mail_server_is_refused(url):
    with pytest.raises(InputRefused):
        SmtpPost(url)


def test_a_password_is_not_repeated_in_a_refusal():
    with pytest.raises(InputRefused) as refusal:
        SmtpPost("smtp://opora:secret@mail.example.org:port")
    assert "secret" not in str(refusal.value)


def test_a_caller_with_a_running_loop_may_send(server):
    letter = sealed()

    async def send():
        with server.post() as post:
            return post.send(SENDER, letter.address, letter.body)

    assert asyncio.run(send()).verdict is Verdict.SENT
    [(sender, to, body)] = server.taken
    assert (sender, to) == (SENDER, ["maria@example.org"])
    assert body == letter.body


@pytest.mark.parametrize(
    "greeting",
    [b"", b"hello\r\n", b"\xff\xfe\0\r\n", b"220 x\r\n250-y\r\n", b"554 go away\r\n", b"2" * 99999],
)
def test_a_server_that_talks_nonsense_is_an_outage(greeting):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            line, _ = listener.accept()
            with line:
                line.sendall(greeting)

        speaker = threading.Thread(target=talk)
        speaker.start()
        port = listener.getsockname()[1]
        with SmtpPost(f"smtp://127.0.0.1:{port}", timeout=0.5) as post:
            answer = post.send(SENDER, "maria@example.org", sealed().body)
        speaker.join()
    assert answer.verdict is Verdict.OUTAGE
    assert "\0" not in answer.text


def test_an_address_that_only_the_library_refuses_is_no_outage(server):
    with server.post() as post:
        odd = post.send(SENDER, "мария@example.org", sealed().body)
        assert odd.verdict is Verdict.TEMPORARY
        assert post.send(SENDER, "maria@example.org", sealed().body).verdict is Verdict.SENT


def test_a_line_that_grew_old_between_two_letters_is_opened_anew(server):
    letter = sealed()
    with server.post() as post:
        assert post.send(SENDER, letter.address, letter.body).verdict is Verdict.SENT
        server.forget()
        assert post.send(SENDER, letter.address, letter.body).verdict is Verdict.SENT
    assert server.connections == 2
