"""Whether letters could leave is known without sending one."""

import pytest
from pydantic import SecretStr

from notifications.greeting import greeting_refused
from opora.settings import Settings


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def test_a_server_that_answers_is_greeted_and_gets_no_letter(server, home):
    url = SecretStr(server.url)
    assert greeting_refused(Settings(home=home, smtp_url=url)) is None
    assert server.connections > 0
    assert server.taken == []


def test_a_server_that_is_away_says_so(home):
    refused = greeting_refused(Settings(home=home, smtp_url=SecretStr("smtp://127.0.0.1:9")))
    assert refused is not None
    assert "does not answer" in str(refused)


def test_an_address_that_is_none_is_refused_without_its_password(home):
    url = SecretStr("http://user:secret@127.0.0.1")
    refused = greeting_refused(Settings(home=home, smtp_url=url))
    assert refused is not None
    assert "secret" not in str(refused)


def test_a_folder_is_tried_and_left_as_it_was(home):
    assert greeting_refused(Settings(home=home)) is None
    assert not home.exists()
    (home / "mailbox").mkdir(parents=True)
    assert greeting_refused(Settings(home=home)) is None
    assert list((home / "mailbox").iterdir()) == []
    blocked = home / "file"
    blocked.write_text("no folder")
    assert greeting_refused(Settings(home=blocked)) is not None
