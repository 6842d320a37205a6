"""The real window does what the app is for: join, talk, pass files, remember."""

import pytest

from people import a_file, eventually, sha256_of

pytestmark = pytest.mark.needs_root  # to give the app's node a host of its own


def test_ana_joins_through_the_form_and_talks_with_ben(cast, window):
    ben = cast.node("ben", network="mesh")
    ana = window("ana").opens()
    ana.is_photographed("join")

    ana.joins()
    ana.sees_online(1)
    ana.sees("ben")
    ben.sees("ana")

    hello = ana.sends("hello from the window")
    ben.hears("hello from the window")
    ana.sees_state(hello, "sent")
    ben.sends("hello from the terminal")
    ana.hears("hello from the terminal")
    ana.is_photographed("chat")


def test_ana_joins_a_network_with_a_password(cast, window):
    ben = cast.node("ben", password="blue heron at dawn", network="mesh")
    ana = window("ana").opens("--network", "mesh")

    ana.joins(password="blue heron at dawn")
    ana.sees_online(1)

    ben.sends("the key is under the mat")
    ana.hears("the key is under the mat")
    ana.sends("thank you")
    ben.hears("thank you")


def test_with_a_name_given_ana_joins_without_being_asked(cast, window):
    ben = cast.node("ben", network="mesh")
    ana = window("ana").opens("--name", "ana")

    ana.has_joined()
    ben.sees("ana")


def test_ana_accepts_a_file_from_ben(cast, window, tmp_path):
    ben = cast.node("ben", network="mesh")
    ana = window("ana").opens("--name", "ana")
    ana.has_joined()
    ben.sees("ana")
    picture = a_file(tmp_path / "picture.jpg", 2_000_000)

    ben.sends_file(picture)
    ana.accepts("picture.jpg")

    assert sha256_of(ana.has_file("picture.jpg")) == sha256_of(picture)


def test_ana_sends_a_file_through_the_system_dialog(cast, window, tmp_path):
    ben = cast.node("ben", network="mesh", accept="all")
    ana = window("ana").opens("--name", "ana")
    ana.has_joined()
    ana.sees_online(1)
    letter = a_file(tmp_path / "letter.odt", 500_000)

    ana.chooses(letter)

    transfer = ben.is_offered("letter.odt")["id"]
    assert sha256_of(ben.has_file(transfer)) == sha256_of(letter)


def test_what_was_said_is_there_after_a_restart(cast, window):
    ben = cast.node("ben", network="mesh")
    ana = window("ana").opens("--name", "ana")
    ana.has_joined()
    ben.sees("ana")
    ana.sees_online(1)
    ana.sends("remember this")
    ben.hears("remember this")
    ben.sends("and this")
    ana.hears("and this")

    ana.closes()
    ana.opens("--name", "ana")
    ana.has_joined()

    ana.shows("remember this")
    ana.shows("and this")
    assert len(ana.texts()) == 2


def test_what_ana_typed_and_did_not_send_is_there_after_a_restart_and_only_encrypted(window):
    ana = window("ana").opens("--name", "ana")
    ana.has_joined().types("half a thought")
    eventually(lambda: drafts_of(ana) == ["half a thought"], "the draft to be kept")

    ana.closes()
    files = [path.read_bytes() for path in ana.folder.rglob("*") if path.is_file()]
    assert files and not any(b"half a thought" in each for each in files)

    ana.opens("--name", "ana")
    assert ana.has_joined().value == "half a thought"


DRAFTS = """
return window.__TAURI_INTERNALS__.invoke('run', { command: { cmd: 'drafts' } }).then(
  ({ drafts }) => drafts.map(({ text }) => text),
);
"""


def drafts_of(person):
    return person.page.runs(DRAFTS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_window_in_both_themes(cast, window, tmp_path, theme):
    ben = cast.node("ben", network="mesh")
    ana = window("ana").opens("--name", "ana")
    ana.has_joined()
    ben.sees("ana")
    ben.sends("The **tent** is up. Bring `rope`:\n\n```sh\nls rope\n```")
    ana.hears("The tent is up")
    ana.sends("On my way, with tea.")
    ben.sends_file(a_file(tmp_path / "map of the camp.pdf", 300_000))

    ana.turns(theme)
    ana.shows("On my way, with tea.")
    ana.is_photographed(f"chat-{theme}")
    for view in ("people", "files"):
        ana.goes_to(view)
        ana.page.find("[data-testid=person], [data-testid=transfer]")
        ana.is_photographed(f"{view}-{theme}")
