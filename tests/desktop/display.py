"""A screen without a monitor, a person's keyboard on it, and a driver for one program."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from people import eventually

TOOLS = ("Xvfb", "WebKitWebDriver", "dbus-run-session", "xdotool", "import", "identify")


def missing_tools():
    """What has to be installed before a window can be driven."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


class Display:
    """An X server of its own, 1280 x 800."""

    def __init__(self):
        read, write = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as answer:
            self.name = f":{answer.readline().strip()}"

    def closes(self):
        """Switches the screen off."""
        self._server.terminate()
        self._server.wait(10)

    def photograph(self, path):
        """Saves the whole screen as a PNG, once something is painted on it and stands still."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        last = None

        def stands_still():
            nonlocal last
            self._run("import", "-window", "root", path)
            before, last = last, _look(path)
            return before == last and last.colours > 50

        eventually(stands_still, "the screen to stand still", within=20, every=0.2)
        return path

    def window_called(self, title, within=15.0):
        """Waits for a window whose title matches this regular expression; returns its id."""
        return eventually(
            lambda: self._run("xdotool", "search", "--onlyvisible", "--name", title, check=False),
            f"a window called {title}",
            within,
        ).split()[0]

    def types(self, window, text):
        """Types on the keyboard into a window. There is no window manager to give it focus."""
        self._run("xdotool", "windowfocus", "--sync", window)
        self._run("xdotool", "type", "--delay", "20", text)

    def presses(self, window, *keys):
        """Presses keys, such as Return, in a window."""
        self._run("xdotool", "windowfocus", "--sync", window)
        self._run("xdotool", "key", *keys)

    def is_gone(self, window):
        """Whether a window is not on the screen any more."""
        return window not in self._run("xdotool", "search", "--onlyvisible", "--name", ".").split()

    def _run(self, *command, check=True):
        environment = dict(os.environ, DISPLAY=self.name)
        return subprocess.run(
            [str(part) for part in command],
            env=environment, check=check, capture_output=True, text=True, timeout=30,
        ).stdout


@dataclass(frozen=True)
class _Look:
    """What is compared of two photographs."""

    colours: int
    fingerprint: str


def _look(path):
    told = subprocess.run(
        ["identify", "-format", "%k %#", str(path)], check=True, capture_output=True, text=True
    ).stdout
    colours, fingerprint = told.split()
    return _Look(int(colours), fingerprint)


class DrivenProgram:
    """WebKitWebDriver on a host, which starts programs; with a D-Bus and a home of its own."""

    PORT = 4444

    def __init__(self, host, display, folder, variables):
        self.host = host
        folder = Path(folder)
        environment = dict(os.environ, **variables, DISPLAY=display.name, HOME=str(folder))
        for name in ("DATA", "CONFIG", "CACHE", "STATE"):
            environment[f"XDG_{name}_HOME"] = str(folder / name.lower())
        environment["XDG_RUNTIME_DIR"] = str(folder / "run")
        environment |= {"TAURI_AUTOMATION": "true", "TAURI_WEBVIEW_AUTOMATION": "true"}
        environment |= {"GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "GTK_USE_PORTAL": "0"}
        (folder / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._log = (folder / "window.log").open("ab")
        self._process = subprocess.Popen(
            host.argv("dbus-run-session", "--", "WebKitWebDriver", f"--port={self.PORT}"),
            env=environment, stdout=self._log, stderr=self._log, start_new_session=True,
        )
        eventually(self._answers, "WebKitWebDriver to listen", within=20)

    def ends(self):
        """Ends the driver and whatever it started."""
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            eventually(self._is_gone, "the driver and the window to end", within=5)
        except AssertionError:
            os.killpg(self._process.pid, signal.SIGKILL)
            eventually(self._is_gone, "the driver and the window to be killed")
        self._log.close()

    def _is_gone(self):
        self._process.poll()
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def _answers(self):
        try:
            self.host.connect("127.0.0.1", self.PORT, timeout=1).close()
        except OSError:
            return False
        return True
