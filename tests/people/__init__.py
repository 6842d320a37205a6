"""The people of the tests, and the places where they meet.

`Cast` is the way in: it puts people into places and clears up after them. `Node` drives our
program in a terminal, `Classic` is a peer of the old kind, `Town` builds real hosts and networks.
"""

from .cast import Cast
from .classic import Classic
from .crooked import Crooked
from .figures import report
from .files import a_file, sha256_of
from .forger import Forger
from .meeting import meet
from .node import Node, Timers
from .sniffer import Sniffer
from .stranger import Stranger
from .town import Host, Town, can_build_towns
from .vitals import Vitals, idle_cpu
from .wait import eventually

__all__ = [
    "Cast",
    "Classic",
    "Crooked",
    "Forger",
    "Host",
    "Node",
    "Sniffer",
    "Stranger",
    "Timers",
    "Town",
    "Vitals",
    "a_file",
    "can_build_towns",
    "eventually",
    "idle_cpu",
    "meet",
    "report",
    "sha256_of",
]
