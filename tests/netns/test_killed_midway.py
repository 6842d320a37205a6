"""A node is killed in the middle of a file: what people see of it, what is on the disks, and how it
goes on."""

import random
import shutil
import tempfile
from pathlib import Path

import pytest

from people import a_file, eventually, meet, sha256_of

SIZE = 25_000_000
# Two seconds for the file, so that there is a middle.
MEGABITS = 100

FOR_ANYBODY = "waits_for_device"
FOR_THE_SENDER = "waits_for_sender"


class Story:
    """Ana sends ben a film, and part of it is there."""

    def __init__(self, town, ana, ben, film):
        self.ana, self.ben, self.film = ana, ben, film
        self._town = town
        meet(ana, ben)
        town.narrows(ana.host, "lan", MEGABITS)
        self.sending = ana.sends_file(film)
        self.arriving = ben.accepts(film.name)
        enough = random.randrange(1, SIZE // 2)
        print(f"goes wrong after {enough} bytes")
        ben.waits_for(
            lambda e: is_at(e, self.arriving, "active") and enough <= e["bytes"] < SIZE,
            "part of the film",
        )
        assert len(parts_of(ben)) == 1 and not saved_by(ben)

    def goes_on(self):
        """Whoever was killed is back, and the cable is as wide as others."""
        self._town.widens(self.ana.host, "lan")

    def ends_well(self):
        """The film is at ben's, once, and both know; nothing else is left of it."""
        # Nobody tells what was done before the start.
        film = eventually(lambda: has_file(self.ben, self.arriving), "the film", within=60)
        assert sha256_of(film) == sha256_of(self.film)
        end = self.ana.sees_end_of(self.sending)
        assert (end["state"], end["reached"]) == ("done", 1)
        assert saved_by(self.ben) == [self.film.name]
        assert [t["id"] for t in transfers_of(self.ben)] == [self.arriving]
        self.leaves_nothing()

    def leaves_nothing(self):
        eventually(lambda: not parts_of(self.ben), "no part of the film to be left")


@pytest.fixture(params=["one disk", "two disks"])
def midway(request, town, tmp_path):
    """The story; ben's downloads are on the disk of his data, or on another."""
    ana, ben = town.node("ana"), town.node_at_rest("ben")
    elsewhere = tempfile.mkdtemp(dir="/dev/shm") if request.param == "two disks" else None
    if elsewhere:
        ben.downloads = Path(elsewhere)
    try:
        ben.starts()
        yield Story(town.town, ana, ben, a_file(tmp_path / "film.mkv", SIZE))
    finally:
        if elsewhere:
            ben.leaves()
            shutil.rmtree(elsewhere)


def test_the_receiver_is_killed_and_asks_again_by_itself(midway):
    ana, ben = midway.ana, midway.ben

    ben.is_killed()
    assert not saved_by(ben)
    waits(ana, midway.sending, FOR_ANYBODY)
    ben.starts()
    midway.goes_on()

    midway.ends_well()


def test_the_receiver_is_killed_as_the_film_gets_its_name(midway):
    ana, ben = midway.ana, midway.ben
    midway.goes_on()
    # Before what comes after is on disk.
    eventually(lambda: saved_by(ben), "the film to have its name", within=60, every=0)

    ben.is_killed()
    assert saved_by(ben) == [midway.film.name]
    ben.starts()

    midway.ends_well()


def test_the_sender_is_killed_and_goes_on_when_it_is_back(midway):
    ana, ben = midway.ana, midway.ben

    ana.is_killed()
    waits(ben, midway.arriving, FOR_THE_SENDER)
    assert not saved_by(ben)
    ana.starts()
    midway.goes_on()

    midway.ends_well()


def test_both_are_killed_and_go_on(midway):
    ana, ben = midway.ana, midway.ben

    ana.is_killed()
    ben.is_killed()
    ben.starts()
    assert not saved_by(ben)
    waits(ben, midway.arriving, FOR_THE_SENDER)
    ana.starts()
    midway.goes_on()

    midway.ends_well()


def test_nothing_is_left_when_the_receiver_gives_up_after_the_sender_was_killed(midway):
    ana, ben = midway.ana, midway.ben
    ana.is_killed()
    waits(ben, midway.arriving, FOR_THE_SENDER)

    ben.asks("transfer", cmd="cancel", transfer=midway.arriving)

    assert ben.sees_end_of(midway.arriving)["state"] == "cancelled"
    midway.leaves_nothing()
    assert not saved_by(ben)
    ana.starts()
    assert ana.sees_end_of(midway.sending)["state"] == "cancelled"


def test_nothing_is_left_when_the_sender_gives_up_while_the_killed_receiver_is_away(midway):
    ana, ben = midway.ana, midway.ben
    ben.is_killed()
    ana.asks("transfer", cmd="cancel", transfer=midway.sending)

    ben.starts()

    end = ben.sees_end_of(midway.arriving)
    assert (end["state"], end["reason"]) == ("cancelled", {"code": "sender_cancelled"})
    midway.leaves_nothing()
    assert not saved_by(ben)


def waits(person, transfer, reason):
    """Waits until a transfer stands still, for this reason."""
    eventually(
        lambda: any(
            t["id"] == transfer
            and t["state"] in ("paused", "offered")
            and t["reason"] == {"code": reason}
            for t in transfers_of(person)
        ),
        f"{person.name} to be told {reason}",
    )


def is_at(event, transfer, state):
    return event["event"] == "transfer" and (event["id"], event["state"]) == (transfer, state)


def has_file(person, transfer):
    """Where the file of a transfer is that is done."""
    done = [t for t in transfers_of(person) if (t["id"], t["state"]) == (transfer, "done")]
    return Path(done[0]["path"]) if done else None


def transfers_of(person):
    return person.asks("transfers", cmd="transfers")["transfers"]


def saved_by(person):
    """The names of the files in a person's downloads."""
    return [path.name for path in person.downloads.glob("*") if path.is_file()]


def parts_of(person):
    """What a person's disks hold of files that are not in their place."""
    folders = (person.data_dir, person.downloads)
    return [path for folder in folders for path in folder.rglob("*.part")]
