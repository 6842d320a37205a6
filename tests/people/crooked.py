"""One person whose node cheats with what it is asked to pass on: tests/crooked."""

from .node import Node, program


class Crooked(Node):
    """A member like any other, but for circuits: `cheat` says what becomes of those."""

    def __init__(self, name, host, folder, *, cheat, meets, network, port=9999):
        super().__init__(name, host, folder, network=network, port=port)
        self._cheat = cheat
        self._meets = meets

    def is_asked(self, by, to_reach, within=30.0):
        """Waits until one person asks for a circuit to another."""
        return self.waits_for(
            lambda e: e["event"] == "circuit"
            and (e["from"], e["target"]) == (by.device, to_reach.device),
            f"to be asked by {by.name} for {to_reach.name}",
            within,
        )

    def _command_line(self):
        command = [program().with_name("crooked"), "--cheat", self._cheat]
        command += ["--network", self._options["network"], "--port", self.port]
        return command + [self._address_of(person) for person in self._meets]

    def _address_of(self, person):
        """Where we reach a person: on the network that both are on."""
        (lan, *_) = self.host.ips.keys() & person.host.ips.keys()
        return f"{person.host.ips[lan]}:{person.port}"
