"""The ground is tried first: hosts reach each other exactly where networks join them."""

import pytest


def test_hosts_of_one_network_reach_each_other(town):
    ana, ben = town.town.host("ana", "lan"), town.town.host("ben", "lan")

    with _listening(ben) as door, ana.connect(ben.ip, 9999) as ana_side:
        ben_side, source = door.accept()
        with ben_side:
            ana_side.sendall(b"hello")
            assert ben_side.recv(16) == b"hello"
            assert source[0] == ana.ip


def test_hosts_without_a_common_network_do_not(town):
    ana = town.town.host("ana", "west")
    town.town.host("ben", "west", "east")
    cleo = town.town.host("cleo", "east")

    with _listening(cleo), pytest.raises(OSError, match="unreachable"):
        ana.connect(cleo.ip, 9999, timeout=1)


def test_a_cut_cable_can_be_mended(town):
    ana, ben = town.town.host("ana", "lan"), town.town.host("ben", "lan")

    with _listening(ben) as door:
        town.town.cut(ben, "lan")
        with pytest.raises(OSError):
            ana.connect(ben.ip, 9999, timeout=0.5)
        town.town.mend(ben, "lan")
        with ana.connect(ben.ip, 9999):
            door.accept()[0].close()


def _listening(host):
    door = host.socket()
    door.bind((host.ip, 9999))
    door.listen()
    door.settimeout(5)
    return door
