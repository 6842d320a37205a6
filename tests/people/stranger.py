"""One bad neighbour at work: tests/hostile."""

from .node import Node, program


class Stranger(Node):
    """Does one thing to a person, as much of it as its options say, and then ends."""

    def __init__(self, name, host, folder, *, to, attack, network, **pace):
        super().__init__(name, host, folder, network=network)
        self._to = to
        self._attack = attack
        self._pace = pace

    def is_done(self, within=60.0):
        """Waits for its end; returns what it says became of its work."""
        return self.waits_for(lambda e: e["event"] == "done", "the attack to end", within)

    def is_at_work(self):
        """Whether its attack goes on."""
        return self.is_running() and not self.all("done")

    def _command_line(self):
        (lan, *_) = self.host.ips.keys() & self._to.host.ips.keys()
        command = [program().with_name("stranger"), "--network", self._options["network"]]
        command += ["--to", f"{self._to.host.ips[lan]}:{self._to.port}", self._attack]
        return command + [word for option, value in self._pace.items()
                          for word in (f"--{option.rstrip('_')}", str(value))]
