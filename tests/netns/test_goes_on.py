"""A film's way is broken in its middle: what has arrived does not travel again."""

import random
from pathlib import Path

import pytest

from people import a_file, eventually, meet, sha256_of

SIZE = 200_000_000
# Some seconds for the film, so that there is a middle.
MEGABITS = 200
# What may travel for a film in all: it, its frames and packets, and what was not noted yet when a node
# was killed.
AT_MOST = 1.3 * SIZE


class Story:
    """Ana sends ben a film, and about half of it is there."""

    def __init__(self, town, film):
        self.town = town.town
        self.ana, self.ben, self.film = town.node("ana"), town.node("ben"), film
        meet(self.ana, self.ben)
        self.town.narrows(self.ana.host, "lan", MEGABITS)
        self.sending = self.ana.sends_file(film)
        self.arriving = self.ben.accepts(film.name)
        enough = random.randrange(SIZE // 3, SIZE // 2)
        print(f"goes wrong after {enough} bytes")
        self.ben.waits_for(
            lambda e: is_at(e, self.arriving, "active") and enough <= e["bytes"] < SIZE,
            "half of the film",
            within=60,
        )

    def ends_well(self):
        """The film is at ben's, both know, and it travelled about once."""
        self.town.widens(self.ana.host, "lan")
        film = eventually(lambda: has_file(self.ben, self.arriving), "the film", within=60)
        assert sha256_of(film) == sha256_of(self.film)
        end = self.ana.sees_end_of(self.sending)
        assert (end["state"], end["reached"]) == ("done", 1)
        came = self.town.bytes_to(self.ben.host, "lan")
        print(f"{came / SIZE:.3f} times the film came to ben")
        assert SIZE < came < AT_MOST
        eventually(lambda: not left_at(self.ben), "nothing of the film to be left")


@pytest.fixture
def midway(town, tmp_path):
    return Story(town, a_file(tmp_path / "film.mkv", SIZE))


def test_a_cable_is_cut_and_plugged_in_again(midway):
    town, ana, ben = midway.town, midway.ana, midway.ben

    town.cut(ana.host, "lan")
    ben.loses("ana")
    ana.loses("ben")
    ben_has = waits(ben, midway.arriving)
    waits(ana, midway.sending)
    back = len(ben.events)
    town.mend(ana.host, "lan")

    midway.ends_well()
    goes_on(ben, midway.arriving, ben_has, back)


def test_the_receiver_is_killed(midway):
    ben = midway.ben

    ben.is_killed()
    waits(midway.ana, midway.sending)
    ben.starts()
    # Before anything more of it comes: what was noted.
    assert transfer_of(ben, midway.arriving)["bytes"] > SIZE // 5

    midway.ends_well()


def test_the_sender_is_killed(midway):
    ana, ben = midway.ana, midway.ben

    ana.is_killed()
    ben_has = waits(ben, midway.arriving)
    back = len(ben.events)
    ana.starts()

    midway.ends_well()
    goes_on(ben, midway.arriving, ben_has, back)


def test_the_sender_gives_up_while_the_receiver_is_away(midway):
    ana, ben = midway.ana, midway.ben
    ben.is_killed()
    waits(ana, midway.sending)

    ana.asks("transfer", cmd="cancel", transfer=midway.sending)
    ben.starts()

    end = ben.sees_end_of(midway.arriving)
    assert (end["state"], end["reason"]) == ("cancelled", {"code": "sender_cancelled"})
    eventually(lambda: not left_at(ben), "nothing of the film to be left")


def waits(person, transfer):
    """Waits until a transfer stands still; returns how much of it is there."""
    eventually(
        lambda: transfer_of(person, transfer)["state"] == "paused",
        f"{person.name} to be told that it waits",
        within=30,
    )
    return transfer_of(person, transfer)["bytes"]


def goes_on(person, transfer, from_bytes, since):
    """Nobody was ever told that less of it is there than before."""
    told = [
        e["bytes"] for e in person.events[since:] if e["event"] == "transfer" and e["id"] == transfer
    ]
    assert told and min(told) >= from_bytes
    assert told == sorted(told)


def is_at(event, transfer, state):
    return event["event"] == "transfer" and (event["id"], event["state"]) == (transfer, state)


def transfer_of(person, transfer):
    transfers = person.asks("transfers", cmd="transfers")["transfers"]
    return next(t for t in transfers if t["id"] == transfer)


def has_file(person, transfer):
    """Where the file of a transfer is that is done."""
    found = transfer_of(person, transfer)
    return Path(found["path"]) if found["state"] == "done" else None


def left_at(person):
    """What a person's disks hold of files that are not in their place."""
    folders = (person.data_dir, person.downloads)
    kinds = ("*.part", "*.held")
    return [path for folder in folders for kind in kinds for path in folder.rglob(kind)]
