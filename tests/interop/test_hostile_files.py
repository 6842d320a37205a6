"""File names, sizes and counts are claims of a stranger. None of them leaves the downloads."""

import base64
import random
import uuid

import pytest

from people import a_file, eventually, meet

DATA = random.Random(3).randbytes(20_000)
GIB = 1 << 30
RESERVED = ("con", "prn", "aux", "nul", "com1", "lpt9")

NAMES = {
    "up one folder": "../escaped.txt",
    "up many folders": "../" * 12 + "tmp/escaped.txt",
    "up with backslashes": "..\\..\\escaped.txt",
    "absolute": "/tmp/escaped.txt",
    "absolute on Windows": "C:\\escaped.txt",
    "a network path": "\\\\server\\share\\escaped.txt",
    "inside a folder": "folder/escaped.txt",
    "only dots": "..",
    "one dot": ".",
    "nothing": "",
    "spaces": "   ",
    "a reserved word": "CON",
    "a reserved word with an ending": "nul.txt",
    "a device": "COM1.tar.gz",
    "300 characters": "n" * 296 + ".txt",
    "300 characters of four bytes": "🌅" * 300,
    "a zero byte": "pic\u0000ture.jpg",
    "a line break": "pic\nture.jpg",
    "writing turned round": "cod\u202egpj.exe",
    "a stream of another file": "notes.txt:hidden",
    "a trailing dot": "notes.txt.",
    "a hidden file": ".bashrc",
    "terminal escapes": "\x1b[2J.txt",
}


@pytest.fixture
def scene(cast, tmp_path):
    """Ana, who takes every file, and mallory. Nothing may appear outside of ana's own folders."""
    ana, mallory = cast.node("ana", accept="all"), cast.classic("mallory")
    meet(ana, mallory)
    return ana, mallory


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_hostile_name_lands_safely_or_not_at_all(scene, tmp_path, name):
    ana, mallory = scene
    outside = _tree_outside(ana, tmp_path)

    for chunk in mallory.chunks_of(DATA, name):
        mallory.posts(chunk)
    _takes_an_honest_file(ana, mallory)

    for path in ana.downloads.rglob("*"):
        assert path.is_file() and path.parent == ana.downloads, path
        assert path.read_bytes() in (DATA, b"honest")
        assert path.name.split(".")[0].strip().lower() not in RESERVED, path.name
        assert len(path.name.encode()) <= 255
        assert path.name.isprintable() and path.name == path.name.rstrip(" ."), repr(path.name)
    assert _tree_outside(ana, tmp_path) == outside


def test_a_link_in_the_downloads_is_not_followed(scene, tmp_path):
    ana, mallory = scene
    treasure = a_file(tmp_path / "treasure.txt", 100)
    before = treasure.read_bytes()
    ana.downloads.mkdir(exist_ok=True)
    (ana.downloads / "letter.txt").symlink_to(treasure)

    for chunk in mallory.chunks_of(DATA, "letter.txt"):
        mallory.posts(chunk)
    _takes_an_honest_file(ana, mallory)

    assert treasure.read_bytes() == before
    assert (ana.downloads / "letter.txt").is_symlink()


LIES = {
    "a file of 2 GB": {"file_size": 2 * GIB, "total_chunks": 2 * GIB // 8192},
    "a file of 8 EiB": {"file_size": 2**63 - 1, "total_chunks": 2**50},
    "a size beyond 64 bits": {"file_size": 2**70},
    "a negative size": {"file_size": -1},
    "a fractional size": {"file_size": 20000.5},
    "a size in words": {"file_size": "20000"},
    "a size too small": {"file_size": 10},
    "a size too large": {"file_size": 500_000},
    "one chunk": {"total_chunks": 1},
    "no chunks": {"total_chunks": 0},
    "minus one chunk": {"total_chunks": -1},
    "a trillion chunks": {"total_chunks": 10**12},
    "chunks beyond 64 bits": {"total_chunks": 2**70},
    "no fingerprint": {"file_hash": ""},
    "another fingerprint": {"file_hash": "0" * 64},
    "a fingerprint that is none": {"file_hash": "not hexadecimal at all"},
    "no name": {"filename": None},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_lie_about_a_file_never_becomes_a_file(scene, tmp_path, lie):
    ana, mallory = scene

    for chunk in mallory.chunks_of(DATA, "lie.bin", **lie):
        mallory.posts(chunk)
    _takes_an_honest_file(ana, mallory)

    assert not (ana.downloads / "lie.bin").exists()
    assert _bytes_used(tmp_path / "ana") < 20_000_000
    for transfer in _named(ana, "lie.bin"):
        end = ana.sees_end_of(transfer["id"], within=20)
        assert end["state"] == "failed" and end["reason"]


BENT = {
    "an index past the end": {"chunk_index": 99},
    "a negative index": {"chunk_index": -1},
    "an index beyond 64 bits": {"chunk_index": 2**70},
    "an index in words": {"chunk_index": "one"},
    "no index": {"chunk_index": None},
    "data that is no base64": {"chunk_data": "!!!" * 100},
    "no data": {"chunk_data": None},
    "too much data": {"chunk_data": base64.b64encode(bytes(40_000)).decode()},
    "too little data": {"chunk_data": base64.b64encode(b"short").decode()},
    "a file id of 100 KiB": {"file_id": "f" * 100_000},
    "a file id that climbs": {"file_id": "../../escaped"},
    "no file id": {"file_id": None},
    "no metadata": {"file_metadata": None},
    "metadata that is a list": {"file_metadata": [1, 2, 3]},
}


@pytest.mark.parametrize("changes", BENT.values(), ids=BENT.keys())
def test_a_bent_chunk_spoils_no_other_file(scene, tmp_path, changes):
    ana, mallory = scene
    chunks = mallory.chunks_of(DATA, "bent.bin")
    chunks[1] |= changes

    for chunk in chunks:
        mallory.posts(chunk)
    _takes_an_honest_file(ana, mallory)

    assert not (ana.downloads / "bent.bin").exists()
    assert not list(tmp_path.rglob("*escaped*"))


def test_chunks_that_contradict_each_other_never_become_a_file(scene):
    ana, mallory = scene
    first, *rest = mallory.chunks_of(DATA, "two faced.bin")
    for chunk in rest:
        chunk["file_metadata"] = chunk["file_metadata"] | {"file_size": 3, "total_chunks": 900}

    for chunk in [first, *rest]:
        mallory.posts(chunk)
    _takes_an_honest_file(ana, mallory)

    assert not (ana.downloads / "two faced.bin").exists()


@pytest.mark.needs_root  # to come from another address than honest peers
@pytest.mark.parametrize("accept", ["ask", "all"])
def test_a_thousand_beginnings_of_files_use_bounded_room(cast, tmp_path, accept):
    """Each claims a size that fits; together they would not."""
    ana = cast.node("ana", accept=accept)
    mallory, ben = cast.classic("mallory"), cast.classic("ben")
    meet(ana, mallory)
    meet(ana, ben)
    about = {"file_size": 200 << 20, "total_chunks": (200 << 20) // 8192}

    for number in range(1000):
        mallory.posts(mallory.chunks_of(DATA, f"begun {number}.bin", **about)[0])

    _is_awake(ana, ben)
    assert _most_at_once(ana) <= 8
    assert _bytes_used(tmp_path / "ana") < 50_000_000


def _most_at_once(person):
    """How many files were open at the same time, at most."""
    open_now, most = set(), 0
    for transfer in person.all("transfer"):
        is_open = transfer["state"] in ("offered", "active")
        (open_now.add if is_open else open_now.discard)(transfer["id"])
        most = max(most, len(open_now))
    return most


def _takes_an_honest_file(ana, mallory):
    """Ana still takes files and words, even from mallory."""
    name = f"honest {uuid.uuid4()}.txt"
    for chunk in mallory.chunks_of(b"honest", name):
        mallory.posts(chunk)
    eventually(lambda: (ana.downloads / name).exists(), f"{name} to arrive")
    _is_awake(ana, mallory)


def _is_awake(ana, mallory):
    greeting = f"awake? {uuid.uuid4()}"
    mallory.says(greeting)
    ana.hears(greeting, within=20)
    assert ana.peers()


def _named(ana, name):
    transfers = ana.asks("transfers", cmd="transfers")["transfers"]
    return [t for t in transfers if t["name"] == name]


def _tree_outside(ana, tmp_path):
    """Everything a climbing name could reach nearby, but for the node's own data."""
    own = {ana.downloads, ana.data_dir, ana.folder}
    nearby = [p for p in tmp_path.rglob("*") if not own & {p, *p.parents}]
    return {*nearby, *tmp_path.parent.glob("escaped*"), *tmp_path.parents[-2].glob("escaped*")}


def _bytes_used(folder):
    """What files really occupy; a sparse file of 2 GB occupies little."""
    return sum(p.stat().st_blocks * 512 for p in folder.rglob("*") if p.is_file())
