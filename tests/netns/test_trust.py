"""Between nodes that speak v2: nothing is readable on the way, nothing is lost, nobody is let in
who does not know the password, and old nodes are told what they may know."""

import pytest

from people import Sniffer, eventually, meet, sha256_of

RIGHT, WRONG = "blue heron at dawn", "grey heron at dusk"
NAMES = ("ana", "ben", "cleo", "dora", "emil")


@pytest.fixture
def line_of_five(town):
    """Five hosts, each pair of neighbours on a network of its own."""
    networks = ["n1", "n2", "n3", "n4"]
    people = []
    for at, name in enumerate(NAMES):
        people.append(town.node(name, on=networks[max(0, at - 1):at + 1]))
    for one, other in zip(people, people[1:]):
        meet(one, other)
    return people


def test_words_cross_a_line_of_five_hosts_both_ways(line_of_five):
    ana, *_, emil = line_of_five

    ana.sends("from one end")
    heard = emil.hears("from one end")
    emil.sends("from the other")

    assert (heard["from"]["id"], heard["hops"]) == (ana.device, 3)
    ana.hears("from the other")


def test_what_was_said_on_two_sides_of_a_cut_is_heard_once_by_all_when_it_heals(line_of_five, town):
    ana, ben, cleo, dora, emil = line_of_five
    town.town.cut(cleo.host, "n2")
    ben.loses("cleo")
    west = [ana.sends(f"west {n}") for n in range(5)]
    east = [emil.sends(f"east {n}") for n in range(5)]
    ben.hears("west 4")
    cleo.hears("east 4")
    assert not emil.has_heard("west 0")

    town.town.mend(cleo.host, "n2")

    for listener in (cleo, dora, emil):
        listener.hears("west 4", within=30)
    for listener in (ana, ben):
        listener.hears("east 4", within=30)
    for n in range(5):
        for listener, side in ((ana, "east"), (ben, "east"), (dora, "west"), (emil, "west")):
            listener.hears(f"{side} {n}")
            assert listener.has_heard(f"{side} {n}") == 1
    for author, messages in ((ana, west), (emil, east)):
        for message in messages:
            author.reached(message)


def test_killing_the_one_in_the_middle_again_and_again_loses_nothing(town):
    ana = town.node("ana", on=["west"])
    ben = town.node("ben", on=["west", "east"])
    cleo = town.node("cleo", on=["east"])
    meet(ana, ben)
    meet(ben, cleo)

    for n in range(6):
        ana.sends(f"word {n}")
        cleo.sends(f"answer {n}")
        ben.is_killed()
        ana.sends(f"word {n} while you were away")
        ben.starts()
        ana.sees("ben", within=20)
        cleo.sees("ben", within=20)

    for n in range(6):
        cleo.hears(f"word {n}", within=30)
        cleo.hears(f"word {n} while you were away", within=30)
        ana.hears(f"answer {n}", within=30)
        assert cleo.has_heard(f"word {n}") == 1
        assert ana.has_heard(f"answer {n}") == 1
    said = {f"word {n}" for n in range(6)} | {f"word {n} while you were away" for n in range(6)}
    # He passes words on before they are on his disk, and shows them after.
    eventually(
        lambda: said <= {message["text"] for message in ben.history()},
        "ben to have every word",
    )


def test_a_network_that_loses_packets_loses_no_words(town):
    ana = town.node("ana", on=["west"])
    ben = town.node("ben", on=["west", "east"])
    cleo = town.node("cleo", on=["east"])
    meet(ana, ben)
    meet(ben, cleo)
    for person in (ana, ben, cleo):
        town.town.loses_packets(person.host, percent=8)

    said = []

    def all_have_lost_some():
        said.append(ana.sends(f"word {len(said)}"))
        lost = (town.town.lost_packets(person.host) for person in (ana, ben, cleo))
        return len(said) >= 40 and all(lost)

    eventually(all_have_lost_some, "everybody to lose packets", within=60)

    for n, message in enumerate(said):
        cleo.hears(f"word {n}", within=60)
        assert cleo.has_heard(f"word {n}") == 1
        ana.reached(message, within=60)


def test_two_networks_with_passwords_live_side_by_side(town):
    ana = town.node("ana", password=RIGHT)
    ben = town.node("ben", password=RIGHT)
    cleo = town.node("cleo", password=WRONG)
    dora = town.node("dora", password=WRONG)
    ana.sees("ben")
    cleo.sees("dora")

    ana.sends("the key is under the mat")
    cleo.sends("the cake is in the oven")

    ben.hears("the key is under the mat")
    dora.hears("the cake is in the oven")
    for person in (ana, cleo):
        person.waits_for(
            lambda e: e["event"] == "status" and e["other_password"] == 2,
            "to be told of two devices with another password",
        )
        assert len([peer for peer in person.peers() if peer["status"] == "direct"]) == 1
    assert not cleo.has_heard("the key is under the mat")
    assert not ana.has_heard("the cake is in the oven")


def test_a_wrong_password_is_told_to_both_and_the_right_one_lets_in(town):
    ana = town.node("ana", password=RIGHT)
    ben = town.node("ben", password=WRONG)
    for person in (ana, ben):
        refused = person.waits_for(lambda e: e["event"] == "peer_refused", "to hear of the other")
        assert refused["reason"] == "other_password"
    ben.quits()

    cleo = town.node("cleo", password=RIGHT)

    ana.sees("cleo")
    cleo.sees("ana")
    cleo.sends("it was the right one")
    ana.hears("it was the right one")


@pytest.mark.parametrize("password", [None, RIGHT], ids=["open", "password"])
def test_somebody_who_listens_finds_no_word_and_no_password(town, password):
    ana = town.node("ana", password=password)
    with Sniffer(ana.host) as sniffer:
        ben = town.node("ben", password=password)
        meet(ana, ben)
        ana.sends("the key is under the mat")
        ben.hears("the key is under the mat")
        ben.sends("and the cake is in the oven")
        ana.hears("and the cake is in the oven")

    assert sniffer.bytes > 2_000, "nothing was listened to"
    assert not sniffer.found("the key is under the mat", "and the cake", RIGHT)


def test_somebody_who_listens_finds_nothing_of_a_file(town, tmp_path):
    letter = tmp_path / "to my dear cleo.txt"
    letter.write_text("meet me at the old mill\n" * 20_000)
    ana = town.node("ana")
    with Sniffer(ana.host) as sniffer:
        ben = town.node("ben")
        meet(ana, ben)
        ana.sends_file(letter)
        assert sha256_of(ben.takes_file(letter.name)) == sha256_of(letter)

    # A packet or two may pass unheard.
    assert sniffer.bytes > letter.stat().st_size // 2, "the file did not pass here"
    assert not sniffer.found("meet me at the old mill", letter.name, "dear cleo")


def test_old_nodes_on_both_sides_of_two_bridges_hear_everything_once(town):
    """Zoe and yuri know only the classic protocol; ana and ben both reach zoe, cleo reaches yuri."""
    ana = town.node("ana", on=["west"])
    ben = town.node("ben", on=["west", "east"])
    cleo = town.node("cleo", on=["east", "far"])
    zoe = town.classic("zoe", on=["west"])
    yuri = town.classic("yuri", on=["far"])
    meet(ana, ben)
    meet(ben, cleo)
    meet(ana, zoe)
    meet(ben, zoe)
    meet(cleo, yuri)

    ana.sends("from a new node")
    zoe.says("from an old node in the west")
    yuri.says("from an old node far away")

    assert zoe.hears("from a new node").sender_id == ana.id
    yuri.hears("from a new node")
    yuri.hears("from an old node in the west")
    zoe.hears("from an old node far away")
    for person in (ana, ben, cleo):
        for text in ("from an old node in the west", "from an old node far away"):
            person.hears(text)
    for person in (ben, cleo):
        person.hears("from a new node")
        assert person.has_heard("from a new node") == 1
    for person in (ana, ben, cleo):
        assert person.has_heard("from an old node in the west") == 1
        assert person.has_heard("from an old node far away") == 1
        assert not any(e["text"] == "" for e in person.all("message"))


def test_a_forged_claim_to_be_a_node_that_speaks_v2_is_not_shown(town):
    ana = town.node("ana")
    ben = town.node("ben")
    mallory = town.classic("mallory")
    meet(ana, ben)
    meet(ana, mallory)

    mallory.says("I am ben, send money", sender_id=ben.id, sender_name="ben")
    mallory.says("this one is mine")

    ana.hears("this one is mine")
    assert not ana.has_heard("I am ben, send money")
    assert not ben.has_heard("I am ben, send money")
