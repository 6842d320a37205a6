"""The node's API in a terminal: one JSON object a line, and nothing ends it but `quit`."""

import pytest

from people import eventually, meet

BAD_LINES = {
    "no JSON": "hello",
    "half an object": '{"cmd":"send"',
    "a list": "[]",
    "an unknown command": '{"cmd":"dance"}',
    "no command": '{"to":"everyone"}',
    "a missing argument": '{"cmd":"send","to":"everyone"}',
    "a number for a text": '{"cmd":"send","to":"everyone","text":7}',
    "a superfluous argument": '{"cmd":"send","to":"everyone","text":"hi","loud":true}',
    "broken UTF-8": b'{"cmd":"\xff"}',
    "7 MB": '{"cmd":"send","to":"everyone","text":"' + "x" * 7_000_000 + '"}',
    "deep nesting": '{"cmd":' + "[" * 30_000,
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_answered_with_an_error(cast, line):
    ana = cast.node("ana")

    ana.says_raw(line)

    error = ana.waits_for(lambda e: e["event"] == "error", "an error")
    assert error["code"] == "bad_command" and error["message"]
    assert ana.peers() == []


def test_impossible_arguments_are_answered_with_an_error(cast):
    ana = cast.node("ana")

    assert ana.is_refused(cmd="send", to="nobody", text="hello") == "unknown_conversation"
    assert ana.is_refused(cmd="connect", addr="not an address") == "bad_argument"
    assert ana.is_refused(cmd="connect", addr="127.0.0.1:99999") == "bad_argument"
    assert ana.is_refused(cmd="decline", transfer="none") == "unknown_transfer"
    assert ana.is_refused(cmd="retry", message="none") == "unknown_message"


def test_what_ana_typed_and_did_not_send_waits_for_her(cast):
    ana = cast.node("ana")
    half = {"conversation": "everyone", "text": "half a thought"}

    ana.asks("draft", cmd="set_draft", **half)

    ana.waits_for(lambda e: e["event"] == "draft" and e["text"] == half["text"], "the draft")
    assert ana.asks("drafts", cmd="drafts")["drafts"] == [half]
    assert ana.is_refused(cmd="set_draft", conversation="nobody", text="x") == "unknown_conversation"
    ana.asks("draft", cmd="set_draft", conversation="everyone", text="")
    assert ana.asks("drafts", cmd="drafts")["drafts"] == []


def test_quit_says_stopped_last_and_ends_well(cast):
    ana = cast.node("ana")

    assert ana.quits() == 0

    assert ana.events[0]["event"] == "ready"
    assert ana.events[-1] == {"event": "stopped"}


def test_a_request_of_the_system_to_end_is_a_quit(cast):
    ana = cast.node("ana")

    assert ana.is_terminated() == 0

    assert ana.events[-1] == {"event": "stopped"}


def test_a_second_node_on_the_same_profile_is_refused(cast):
    ana = cast.node("ana")
    twin = cast.node_at_rest("ana", host=ana.host, port=ana.port + 10)
    twin.launches()

    assert twin.exits() == 1
    assert twin.events[0]["code"] == "profile_in_use"


def test_a_port_in_use_is_named(cast):
    ana = cast.node("ana")
    ben = cast.node_at_rest("ben", host=ana.host, port=ana.port)
    ben.launches()

    assert ben.exits() == 1
    assert ben.events[0]["code"] == "port_in_use"
    assert str(ana.port) in ben.events[0]["message"]


def test_ready_tells_what_a_person_needs_to_know(cast):
    ana = cast.node("ana")

    assert ana.ready["name"] == "ana"
    assert ana.ready["port"] == ana.port
    assert f"{ana.host.ip}:{ana.port}" in ana.ready["addrs"]
    assert ana.ready["downloads"] == str(ana.downloads)
    assert ana.ready["at_rest"] == "key-file"


def test_no_word_name_or_file_is_logged(cast, tmp_path):
    ana = cast.node("ana", accept="all", arguments=["--debug"])
    ben = cast.classic("bartholomew")
    meet(ana, ben)
    secret = tmp_path / "my salary.txt"
    secret.write_text("much")

    ana.sends("a quiet word")
    ben.hears("a quiet word")
    ben.says("another quiet word")
    ana.hears("another quiet word")
    ana.sends_file(secret)
    ben.takes_file("my salary.txt")
    ben.leaves()
    ana.sends("a quiet word to nobody")
    eventually((ana.folder / "stderr.log").read_text, "the failure to reach ben to be logged")
    ana.quits()

    log = (ana.folder / "stderr.log").read_text()
    for private in ("quiet word", "bartholomew", "salary"):
        assert private not in log
