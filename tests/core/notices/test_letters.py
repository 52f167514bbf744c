"""Messages read from their bytes: odd codings, HTML, broken parts and rubbish; nothing raises and nothing is lost."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upheld.core.notices.letters import MOST_OF_A_TEXT, Letter, read_letter
from upheld.core.notices.plain import find_own_words, strip_marks, strip_markup


def read(content: bytes) -> Letter:
    return read_letter(content, len(content))


def test_it_works() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ada Quill <ada@quill.example>", "desk@courier.example", "Grüße – 包裹"
    mail["Message-ID"] = "<1@quill.example>"
    mail.set_content("Where is it?\n")
    mail.add_alternative("<p>Where is <b>it</b>?</p>", subtype="html")
    letter = read(mail.as_bytes())
    assert (letter.sender, letter.subject, letter.text) == ("ada@quill.example", "Grüße – 包裹", "Where is it?")
    assert (letter.message_id, letter.list_recipients()) == ("1@quill.example", ("desk@courier.example",))
    assert not letter.is_broken
    assert not letter.is_cut


def test_html_alone_becomes_text_without_scripts_and_with_its_quotes_marked() -> None:
    html = (
        "<html><head><style>p{}</style><title>x</title></head><body><p>Stop&nbsp;the <b>offers</b></p><script>evil()</script>"
        "<blockquote><p>Half price</p></blockquote></body></html>"
    )
    mail = EmailMessage()
    mail["From"] = "ada@quill.example"
    mail.set_content(html, subtype="html")
    text = read(mail.as_bytes()).text
    assert "Stop the offers" in text
    assert "evil" not in text
    assert find_own_words(text) == "Stop the offers"


CODINGS = [
    ("utf-8", "Größe"),
    ("iso-8859-1", "Größe"),
    ("windows-1252", "“Größe”"),
    ("utf-16", "Größe"),
    ("koi8-r", "посылка"),
    ("shift_jis", "荷物"),
    ("utf-7", "Größe"),
]


@pytest.mark.parametrize("coding", CODINGS, ids=lambda coding: coding[0])
def test_codings_that_people_use_are_read(coding: tuple[str, str]) -> None:
    name, text = coding
    content = b"From: a@b.example\nContent-Type: text/plain; charset=" + name.encode() + b"\n\n" + text.encode(name)
    assert read(content).text == text


@pytest.mark.parametrize(
    "name", ["x-unknown", "punycode", "idna", "base64", "zlib", "unicode_escape", "undefined", "\xff", "rot13"]
)
@pytest.mark.timeout(5)
def test_what_is_no_coding_of_texts_is_read_as_usual(name: str) -> None:
    content = (
        f"From: a@b.example\nContent-Type: text/plain; charset={name}\n\n".encode("latin-1") + b"Where is it? " * 20_000
    )
    assert read(content).text.startswith("Where is it?")


def test_ten_thousand_headers_are_read_and_bounded() -> None:
    content = b"".join(b"X-%d: y\n" % number for number in range(10_000)) + b"From: a@b.example\n\nWhere?\n"
    letter = read(content)
    assert (letter.sender, letter.text) == ("a@b.example", "Where?")


@pytest.mark.timeout(10)
def test_parts_within_parts_within_parts_are_read_to_a_depth() -> None:
    depth = 2000
    heads = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    letter = read(b"From: a@b.example\n" + heads + b"Content-Type: text/plain\n\ndeep\n")
    assert isinstance(letter.text, str)


def test_a_message_cut_in_the_middle_keeps_its_text_and_says_so() -> None:
    mail = EmailMessage()
    mail["From"] = "a@b.example"
    mail.set_content("Here is the picture.")
    mail.add_attachment(b"\xff" * 100_000, maintype="image", subtype="png", filename="p.png")
    letter = read_letter(mail.as_bytes()[:20_000], 50 * 1024 * 1024)
    assert letter.text == "Here is the picture."
    assert letter.is_cut
    assert len(letter.attachments) == 1


def test_a_text_is_kept_to_a_length() -> None:
    letter = read(b"From: a@b.example\n\n" + b"word " * 100_000)
    assert len(letter.text) == MOST_OF_A_TEXT
    assert letter.is_cut


@pytest.mark.parametrize(
    "sender", ["", "a@b.example, c@d.example", "nobody", "<>", "a b@c.example", "a@b.example\nFrom: c@d.example"]
)
def test_without_exactly_one_sender_there_is_none(sender: str) -> None:
    assert read(f"From: {sender}\nSubject: x\n\nhello".encode()).sender == ""


def test_marks_that_hide_or_turn_text_are_taken_out() -> None:
    assert strip_marks("st\u200bop \u202eme\x00\x1b[2J") == "stop me[2J"


QUOTED = [
    "stop\n\nOn Fri, 20 Nov 2026, Parcel courier <desk@courier.example> wrote:\n> please do not stop\n",
    "stop\n\nOn Fri, 20 Nov 2026 at 10:00, Parcel courier\n<desk@courier.example> wrote:\nplease keep reading\n",
    "stop\n\n-----Original Message-----\nFrom: desk\n",
    "stop\n________________________________\nFrom: desk\n",
    "stop\n-- \nAda Quill, who never stops\n",
    "stop\nSent from my iPhone\n",
    "> Half price\n\nstop\n",
    "stop\n\nAm 20.11.2026 um 10:00 schrieb Parcel courier:\n> x",
]


@pytest.mark.parametrize("text", QUOTED)
def test_own_words_end_where_a_quote_begins(text: str) -> None:
    assert find_own_words(text) == "stop"


MIME = st.sampled_from(
    [
        b"From: a@b.example\n",
        b"From: =?utf-8?q?=zz?= <a@b.example>\n",
        b"From: =?x?b?!!!?=\n",
        b"Subject: =?utf-16?b?//4=?=\n",
        b"Content-Type: multipart/mixed; boundary=x\n",
        b"Content-Type: multipart/report; boundary=x\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/html; charset=utf-7\n",
        b"Content-Type: text/plain; charset*=utf-8''%ff\n",
        b"Content-Type: ;;;=\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"Content-Disposition: attachment; filename*0*=x''%\n",
        b"\n",
        b"--x\n",
        b"--x--\n",
        b"begin 644 x\n",
        b"=\n",
        b"<p><!--<![CDATA[<script",
        b"Action: failed\nStatus: 5\n",
        b"Message-ID: <m_abcdefghijkmnpqrstuv@x>\n",
    ]
)


@given(st.lists(st.one_of(MIME, st.binary(max_size=60)), max_size=25).map(b"".join))
@example(b"")
@example(b"\x00\xff" * 50)
@example(b"From: a@b.example\nContent-Type: multipart/mixed\n\n--\n")
def test_any_bytes_give_a_letter(content: bytes) -> None:
    letter = read(content)
    assert letter.size == len(content)
    assert letter.subject == letter.subject.replace("\n", " ")
    letter.text.encode()
    letter.subject.encode()


# Each was read in hours: the text of one mail kept all others waiting. A reader that does so again is ended as hung.
LONG_MARKUP = ("<a ", "</", "<!--", "<?", '<a b="', "<![CDATA[", "<a/", "</a ", "<title><!--", "<style>", "<a b=c ")


@pytest.mark.parametrize("piece", LONG_MARKUP)
def test_no_markup_is_read_longer_than_it_is_long(piece: str) -> None:
    assert len(strip_markup(piece * (200_000 // len(piece)))) <= 200_000


@pytest.mark.parametrize("parameter", [";a=b", ";a*0=b", '; a="'])
def test_no_field_is_read_longer_than_it_is_long(parameter: str) -> None:
    content = f"From: a@b.example\nContent-Type: text/plain{parameter * 100_000}\n\nhello".encode()
    assert read(content).text == "hello"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<script>if (a<b) c()</script>stop", "stop"),
        ("<head><title>a > b</title><body>stop", "stop"),
        ('<img alt="a > b">stop', "stop"),
        ("<p title=it's>stop</p>", "stop"),
        ("1 < 2 &amp; 3", "1 < 2 & 3"),
        ("<!-- <p>hidden</p> -->stop<!-- rest", "stop"),
        ("a<br>b<blockquote>c</blockquote>d", "a\nb\n> c\nd"),
    ],
)
def test_markup_says_what_people_see(html: str, text: str) -> None:
    assert strip_markup(html) == text


@given(st.text(max_size=400))
def test_any_markup_gives_text(html: str) -> None:
    assert isinstance(strip_markup(html), str)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=200))
def test_the_words_of_a_plain_mail_are_not_lost(words: str) -> None:
    letter = read(b"From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n" + words.encode())
    assert letter.text == strip_marks(words)
