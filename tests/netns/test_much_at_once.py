"""Several files at once, and chat that does not wait behind them."""

import statistics
import time

from people import Timers, a_file, meet, sha256_of

LARGE = 700_000_000


def test_three_files_at_once_arrive_whole(town, tmp_path):
    ana, ben = town.node("ana"), town.node("ben", accept="all")
    meet(ana, ben)
    from_ana = [a_file(tmp_path / f"a{n}.bin", 4_000_000, seed=n) for n in range(2)]
    from_ben = a_file(tmp_path / "b.bin", 4_000_000, seed=9)

    for path in from_ana:
        ana.sends_file(path)
    ben.sends_file(from_ben)
    assert sha256_of(ana.takes_file("b.bin")) == sha256_of(from_ben)

    for path in from_ana:
        transfer = ben.is_offered(path.name)["id"]
        assert sha256_of(ben.has_file(transfer)) == sha256_of(path)


def test_chat_goes_before_the_chunks_of_a_large_file(town, tmp_path):
    """No figure is asserted but a bound that shows whether chat waits for the file to end."""
    patient = Timers(transfer_silence="60s")
    ana, ben = town.node("ana", timers=patient), town.node("ben", timers=patient, accept="all")
    meet(ana, ben)
    film = a_file(tmp_path / "film.mkv", LARGE)

    transfer = ana.sends_file(film)
    arriving = ben.is_offered("film.mkv")["id"]
    delays = []
    for number in range(20):
        sent = time.monotonic()
        ana.sends(f"number {number}")
        ben.hears(f"number {number}")
        delays.append(time.monotonic() - sent)
    moving = ben.all("transfer")[-1]["state"] == "active"

    assert sha256_of(ben.has_file(arriving, within=120)) == sha256_of(film)
    ana.sees_end_of(transfer)
    print(f"chat beside a file: median {statistics.median(delays) * 1000:.1f} ms")
    assert moving, "the file was over before the chat: the test shows nothing"
    assert statistics.median(delays) < 0.5


def test_progress_only_grows_and_is_told(town, tmp_path):
    ana, ben = town.node("ana"), town.node("ben", accept="all")
    ana.sees("ben")
    film = a_file(tmp_path / "film.mkv", 300_000_000)

    transfer = ana.sends_file(film)
    arriving = ben.is_offered("film.mkv")["id"]
    ben.has_file(arriving)
    ana.sees_end_of(transfer)

    for person, id in ((ana, transfer), (ben, arriving)):
        steps = [e["bytes"] for e in person.all("transfer") if e["id"] == id]
        assert steps == sorted(steps)
        assert steps[-1] == film.stat().st_size
        assert len(steps) >= 3


def test_a_cancelled_file_stops_on_both_sides(town, tmp_path):
    """The sender stops sending, and the receiver is told."""
    ana, ben = town.node("ana"), town.node("ben", accept="all")
    ana.sees("ben")

    transfer = ana.sends_file(a_file(tmp_path / "film.mkv", LARGE))
    arriving = ben.is_offered("film.mkv")["id"]
    ana.asks("transfer", cmd="cancel", transfer=transfer)

    assert ana.sees_end_of(transfer)["state"] == "cancelled"
    assert ben.sees_end_of(arriving)["state"] == "cancelled"
    assert not (ben.downloads / "film.mkv").exists()
