"""Files between people who have no direct way to each other, in networks of any shape."""

import time

import pytest

from people import Sniffer, a_file, eventually, meet, sha256_of


def line(town, *names, **options):
    """Hosts in a row, each pair of neighbours on a network of its own."""
    networks = [f"n{n}" for n in range(len(names) - 1)]
    return [
        town.node(name, on=networks[max(0, at - 1):at + 1], **options)
        for at, name in enumerate(names)
    ]


def test_a_file_goes_through_ben_who_cannot_read_it(town, tmp_path):
    ana, ben, cleo = line(town, "ana", "ben", "cleo")
    ana.sees("cleo")
    cleo.sees("ana")
    film = a_file(tmp_path / "holiday.mkv", 5_000_000)
    film.write_bytes(b"needle in a haystack" + film.read_bytes()[20:])

    with Sniffer(ben.host) as sniffer:
        sent = ana.sends_file(film)
        assert sha256_of(cleo.takes_file("holiday.mkv")) == sha256_of(film)
        ben.declines("holiday.mkv")

    assert sniffer.bytes > 5_000_000
    assert sniffer.found("needle in a haystack", "holiday.mkv") == []
    assert ana.sees_end_of(sent)["reached"] == 1
    answer = a_file(tmp_path / "answer.bin", 1_000_000)
    cleo.sends_file(answer)
    assert sha256_of(ana.takes_file("answer.bin")) == sha256_of(answer)


@pytest.mark.parametrize("hosts", [8, 9])
def test_a_file_goes_from_one_end_of_a_line_to_the_other(town, tmp_path, hosts):
    names = [f"p{n}" for n in range(hosts)]
    first, *_, last = line(town, *names)
    first.sees(last.name, within=20)
    last.sees(first.name, within=20)
    film = a_file(tmp_path / "film.mkv", 3_000_000)

    first.sends_file(film)

    assert sha256_of(last.takes_file("film.mkv")) == sha256_of(film)


def test_beyond_seven_relays_nobody_is_offered_a_file(town, tmp_path):
    first, *_, near, last = line(town, *(f"p{n}" for n in range(10)))
    first.sees(near.name, last.name, within=20)

    first.sends_file(a_file(tmp_path / "far.bin", 1_000))

    near.is_offered("far.bin")
    assert not last.all("transfer")


@pytest.mark.parametrize("behind", ["ana", "ben"])
def test_a_firewall_on_either_side_keeps_no_file_out(town, tmp_path, behind):
    """Whoever lets nobody in dials the other, and dials again when asked to."""
    people = {name: town.node_at_rest(name) for name in ("ana", "ben")}
    town.town.lets_nobody_in(people[behind].host)
    for person in people.values():
        person.starts()
    ana, ben = people.values()
    meet(ana, ben)
    there, back = a_file(tmp_path / "there.bin", 2_000_000), a_file(tmp_path / "back.bin", 2_000_000)

    ana.sends_file(there)
    assert sha256_of(ben.takes_file("there.bin")) == sha256_of(there)
    ben.sends_file(back)
    assert sha256_of(ana.takes_file("back.bin")) == sha256_of(back)


def test_both_ends_behind_firewalls_meet_through_the_middle(town, tmp_path):
    ana = town.node_at_rest("ana", on=["west"])
    cleo = town.node_at_rest("cleo", on=["east"])
    town.town.lets_nobody_in(ana.host)
    town.town.lets_nobody_in(cleo.host)
    town.node("ben", on=["west", "east"])
    ana.starts()
    cleo.starts()
    ana.sees("cleo", within=20)
    cleo.sees("ana", within=20)
    there, back = a_file(tmp_path / "there.bin", 2_000_000), a_file(tmp_path / "back.bin", 2_000_000)

    ana.sends_file(there)
    assert sha256_of(cleo.takes_file("there.bin")) == sha256_of(there)
    cleo.sends_file(back)
    assert sha256_of(ana.takes_file("back.bin")) == sha256_of(back)


def test_two_who_share_a_network_and_let_nobody_in_meet_through_a_third(town, tmp_path):
    ana, cleo = town.node_at_rest("ana"), town.node_at_rest("cleo")
    town.town.lets_nobody_in(ana.host)
    town.town.lets_nobody_in(cleo.host)
    town.node("ben")
    ana.starts()
    cleo.starts()
    ana.sees("cleo", within=20)
    cleo.sees("ana", within=20)
    film = a_file(tmp_path / "film.mkv", 2_000_000)

    ana.sends_file(film)

    assert sha256_of(cleo.takes_file("film.mkv")) == sha256_of(film)


def test_a_ring_that_loses_a_relay_in_the_middle_of_a_file_brings_it_the_other_way(town, tmp_path):
    ana = town.node("ana", on=["n4", "n1"])
    ben = town.node("ben", on=["n1", "n2"])
    cleo = town.node("cleo", on=["n2", "n3"])
    dora = town.node("dora", on=["n3", "n4"])
    meet(ana, ben, cleo, dora)
    for lan in ("n4", "n1"):
        town.town.narrows(ana.host, lan, megabits=200)
    film = a_file(tmp_path / "film.mkv", 60_000_000)
    ana.sends_file(film)
    arriving = cleo.accepts("film.mkv")
    begun = lambda e: e["event"] == "transfer" and e["id"] == arriving and e["bytes"] > 10_000_000
    cleo.waits_for(begun, "a part of the film", 30)
    way = [peer["via"] for peer in cleo.peers() if peer["id"] == ana.device][0]

    (ben if way == ben.device else dora).is_killed()

    assert sha256_of(cleo.has_file(arriving)) == sha256_of(film)


def test_no_way_leads_through_who_relays_for_nobody(town, tmp_path):
    ana = town.node("ana", on=["west"])
    ben = town.node("ben", on=["west", "east"], arguments=("--relay", "nobody"))
    cleo = town.node("cleo", on=["east"])
    meet(ana, ben)
    meet(ben, cleo)
    film = a_file(tmp_path / "film.mkv", 2_000_000)
    ana.sends_file(film)
    ben.is_offered("film.mkv")
    ana.sends("words are for everybody")
    cleo.hears("words are for everybody")
    assert not cleo.all("transfer")

    town.node("dora", on=["west", "east"])

    assert sha256_of(cleo.takes_file("film.mkv")) == sha256_of(film)


def test_a_relay_that_is_told_to_stop_does_so_and_the_file_goes_on_through_another(town, tmp_path):
    ana, cleo = town.node("ana", on=["west"]), town.node("cleo", on=["east"])
    relays = [town.node(name, on=["west", "east"]) for name in ("ben", "dora")]
    meet(ana, cleo, *relays)
    town.town.narrows(ana.host, "west", megabits=200)
    film = a_file(tmp_path / "film.mkv", 60_000_000)
    ana.sends_file(film)
    arriving = cleo.accepts("film.mkv")
    begun = lambda e: e["event"] == "transfer" and e["id"] == arriving and e["bytes"] > 10_000_000
    cleo.waits_for(begun, "a part of the film", 30)
    relays_now = lambda one: one.all("status")[-1]["relaying"] > 0
    relay = eventually(lambda: next(filter(relays_now, relays), None), "a relay tells of it")
    (other,) = (one for one in relays if one is not relay)

    assert relay.asks("relay", cmd="set_relay", relay="nobody")["relay"] == "nobody"

    assert sha256_of(cleo.has_file(arriving)) == sha256_of(film)
    eventually(lambda: not relays_now(relay), "nothing goes through it any more")
    ways = lambda: [peer["via"] for peer in cleo.peers() if peer["id"] == ana.device]
    eventually(lambda: ways() == [other.device], "the way leads through the other")


def test_who_relays_for_contacts_only_passes_on_what_a_contact_sends(town, tmp_path):
    ana = town.node("ana", on=["west"])
    ben = town.node("ben", on=["west", "east"], arguments=("--relay", "contacts"))
    cleo = town.node("cleo", on=["east"])
    ana.sees("cleo")
    cleo.sees("ana")
    film = a_file(tmp_path / "film.mkv", 2_000_000)
    ana.sends_file(film)
    ben.is_offered("film.mkv")
    ana.sends("words are for everybody")
    cleo.hears("words are for everybody")
    assert not cleo.all("transfer")

    chosen = ben.asks("contact", cmd="add_contact", peer=ana.device)
    assert chosen["peer"]["name"] == "ana" and chosen["peer"]["contact"]

    assert sha256_of(cleo.takes_file("film.mkv")) == sha256_of(film)


def test_a_relay_passes_on_no_more_than_it_was_told_to(town, tmp_path):
    ana = town.node("ana", on=["west"])
    town.node("ben", on=["west", "east"], arguments=("--relay-rate", "4"))
    cleo = town.node("cleo", on=["east"], accept="all")
    ana.sees("cleo")
    cleo.sees("ana")
    film = a_file(tmp_path / "film.mkv", 12_000_000)
    begun = time.monotonic()

    ana.sends_file(film)

    arriving = cleo.is_offered("film.mkv")["id"]
    assert sha256_of(cleo.has_file(arriving)) == sha256_of(film)
    assert time.monotonic() - begun >= 2.5


def test_words_pass_a_relay_while_a_file_does(town, tmp_path):
    ana, _ben, cleo = line(town, "ana", "ben", "cleo", accept="all")
    ana.sees("cleo")
    cleo.sees("ana")
    ana.sends_file(a_file(tmp_path / "film.mkv", 400_000_000))
    arriving = cleo.is_offered("film.mkv")["id"]
    for number in range(10):
        ana.sends(f"number {number}")
        cleo.hears(f"number {number}")
    going = [e for e in cleo.all("transfer") if e["id"] == arriving]
    assert going[-1]["state"] == "active", "the file was over before: the test shows nothing"
    cleo.has_file(arriving)


def test_in_a_room_of_twenty_a_file_reaches_those_without_a_link_too(town, tmp_path):
    people = [town.node_at_rest(f"p{n:02}", accept="all") for n in range(20)]
    for person in people:
        person.launches()
    names = {person.name for person in people}
    first = people[0]
    first.sees(*(names - {first.name}), within=60)
    film = a_file(tmp_path / "film.mkv", 500_000)

    first.sends_file(film)

    for person in people[1:]:
        arriving = person.is_offered("film.mkv", within=30)["id"]
        assert sha256_of(person.has_file(arriving)) == sha256_of(film)
    assert any(peer["status"] == "relayed" for peer in first.peers())
    eventually(lambda: first.all("transfer")[-1]["reached"] == 19, "all nineteen have it")
