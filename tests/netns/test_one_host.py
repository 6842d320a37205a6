"""Several nodes on one machine, on ports of their own."""

import subprocess

from people import a_file, sha256_of

PORTS = {"ana": 9999, "ben": 10001, "cleo": 10003}


def test_three_nodes_with_nothing_but_loopback_find_each_other(town, tmp_path):
    host = town.town.host("lonely")
    people = [town.node(name, host=host, port=port) for name, port in PORTS.items()]
    ana, ben, cleo = people

    for person in people:
        person.sees(*(PORTS.keys() - {person.name}))

    ana.sends("is this thing on?")
    ben.hears("is this thing on?")
    cleo.hears("is this thing on?")
    note = a_file(tmp_path / "note.txt", 500_000)
    cleo.sends_file(note)
    assert sha256_of(ana.takes_file("note.txt")) == sha256_of(note)
    for person in people:
        assert person.has_heard("is this thing on?") == (person is not ana)


def test_three_nodes_on_a_host_with_a_network_find_each_other_and_the_neighbour(town):
    host = town.town.host("desk", "lan")
    people = [town.node(name, host=host, port=port) for name, port in PORTS.items()]
    dora = town.node("dora")

    for person in people:
        person.sees(*(PORTS.keys() - {person.name}), "dora")
    dora.sees(*PORTS)

    dora.sends("hello, three of you")
    for person in people:
        person.hears("hello, three of you")


def test_a_foreign_program_on_port_10000_is_no_obstacle(town):
    """It holds the port without sharing it. Ana's own port of discovery is another one."""
    host = town.town.host("desk", "lan")
    holder = subprocess.Popen(
        host.argv("python3", "-c", HOLD_10000), stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        ana = town.node("ana", host=host, port=12001)
        ben = town.node("ben", port=12001)

        ana.sees("ben")
        ben.sees("ana")
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


HOLD_10000 = """
import signal, socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("", 10000))
print("held", flush=True)
signal.pause()
"""
