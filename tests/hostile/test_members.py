"""A member may do harm to others only in its own name."""

import shutil
import time

import pytest

from people import meet


@pytest.fixture
def open_town(town, figures):
    """Ana, ben and cleo in an open network, and the host of a member who means harm."""
    people = [town.node(name) for name in ("ana", "ben", "cleo")]
    return figures.begins(*people), people, town.town.host("mallory", "lan")


@pytest.mark.parametrize("rate", [40, 400])
def test_whoever_writes_in_anas_name_does_not_silence_her(town, open_town, rate):
    figures, (ana, ben, _), host = open_town

    mallory = town.stranger("forges", to=ben, host=host, as_=ana.device, rate=rate, seconds=15)
    took = figures.during(f"{rate} forged envelopes a second", while_=mallory.is_at_work)

    figures.says(f"mallory: {mallory.is_done()}")
    figures.everybody_is_linked()
    figures.everything_arrived()
    assert figures.grew().rss < 48
    # Late is all that she can be made: what is refused for its rate comes in the end.
    figures.nobody_waited(took)


def test_rooms_that_somebody_invents_hide_nothing(town, figures):
    """What ana did not hear of while she was cut off she learns from ben, though he knows 600 rooms."""
    ana = town.node("ana", on=["west"])
    ben = town.node("ben", on=["west", "east"])
    host = town.town.host("mallory", "east")
    figures.begins(ben, ana)
    mallory = town.stranger("rooms", to=ben, host=host, count=600)
    figures.says(f"mallory: {mallory.is_done()}")
    figures.during("invented rooms", seconds=4)

    town.town.cut(ana.host, "west")
    ana.loses("ben", within=40)
    dora = town.node("dora", on=["east"])
    meet(ben, dora)
    dora.sends("is ana here?")
    town.town.mend(ana.host, "west")

    begun = time.monotonic()
    ana.sees("dora", within=60)
    ana.hears("is ana here?", within=60)
    figures.says(f"ana saw dora after {time.monotonic() - begun:.1f} s")
    figures.everything_arrived()
    assert figures.grew().rss < 48


def test_a_profile_on_two_machines_does_not_flap(town, figures):
    ana, ben = town.node("ana"), town.node("ben")
    figures.begins(ben, ana)
    ana.quits()
    second = town.node_at_rest("ana-too")
    second.name = "ana"
    second.folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ana.data_dir, second.data_dir)
    ana.starts()
    meet(ana, ben)

    second.starts()
    time.sleep(3)
    settled = len(ben.events)
    figures.during("a profile on two machines", seconds=12)

    comings = [
        e["event"]
        for e in ben.events[settled:]
        if e["event"] in ("peer_up", "peer_down") and e["peer"]["id"] == ana.device
    ]
    figures.says(f"ana came or went {len(comings)} times in 12 s")
    assert len(comings) <= 2
    figures.everything_arrived()
