"""What a person reads in the subject and in a name is what was written, however long."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage

from hypothesis import given, strategies as st

from notifications.folding import FOLDED

words = st.sampled_from(
    ["новая", "задача", "срок", "2", "1437", "—", "of", "Case", "№", "(данные)", "Школа", "ё"]
)
texts = st.lists(words, min_size=1, max_size=16).map(" ".join)


@given(subject=texts, name=texts)
def test_no_space_of_a_header_is_lost(subject, name):
    message = EmailMessage(policy=FOLDED)
    message["Subject"] = subject
    message["To"] = Address(name, addr_spec="a@example.org")
    message.set_content("текст")
    raw = message.as_bytes()
    read = message_from_bytes(raw)
    assert str(make_header(decode_header(read["Subject"]))) == subject
    shown = str(make_header(decode_header(read["To"]))).replace('"', "")
    assert shown == f"{name} <a@example.org>"
    assert all(len(line) <= 78 for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n"))
