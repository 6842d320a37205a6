"""One person at the desktop app. The verbs are those of `people.Node`, done by hand in a window."""

import os
from pathlib import Path

from people import eventually
from people.node import REPOSITORY, Timers

from .display import DrivenProgram
from .webdriver import Session


def program():
    """The app under test: GOSSAMER_DESKTOP, or the debug build."""
    built = os.environ.get("GOSSAMER_DESKTOP", REPOSITORY / "target/debug/gossamer-desktop")
    return Path(built).absolute()


class Window:
    """A person with the app. Texts and names here need no escaping in a selector."""

    def __init__(self, name, host, display, folder):
        self.name = name
        self.host = host
        self.display = display
        self.folder = Path(folder)
        self.downloads = self.folder / "downloads"
        self.page = None
        self._driver = None

    # Living.

    def opens(self, *arguments):
        """Starts the app."""
        assert program().exists(), f"{program()} is missing: run `npx tauri build --debug`"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._driver = DrivenProgram(
            self.host, self.display, self.folder, {"GOSSAMER_TIMERS": str(Timers())}
        )
        arguments = ["--data-dir", self.folder / "profile", "--downloads", self.downloads,
                     *arguments]
        self.page = Session(
            self.host,
            DrivenProgram.PORT,
            {
                "webkitgtk:browserOptions": {
                    "binary": str(program()),
                    "args": [str(argument) for argument in arguments],
                }
            },
        )
        return self

    def closes(self):
        """Closes the window as the user does: the node behind it ends well."""
        self.page.ends()
        self.leaves()

    def leaves(self):
        """For clearing up: ends whatever is left."""
        if self._driver is not None:
            self._driver.ends()
            self._driver = None

    def joins(self, password="", port=None):
        """Fills the Join form."""
        name = self.page.find("[data-testid=join-name]")
        name.clear()
        name.types(self.name)
        if password:
            self.page.find("[data-testid=join-password]").types(password)
        if port:
            field = self.page.find("[data-testid=join-port]")
            field.clear()
            field.types(str(port))
        self.page.find("[data-testid=join-submit]").click()
        self.has_joined()

    def has_joined(self, within=20.0):
        """Waits for the chat."""
        return self.page.find("[data-testid=composer]", within)

    # Talking.

    def sends(self, text):
        """Types a message and sends it; returns its id."""
        self.page.find("[data-testid=composer]").types(text)
        self.page.find("[data-testid=send]").click()
        return self.shows(text)

    def shows(self, text, within=15.0):
        """Waits for a message with this text in the conversation; returns its id."""
        return eventually(
            lambda: self.page.runs(MESSAGE_WITH, text), f"{self.name} to see {text!r}", within
        )

    hears = shows

    def texts(self):
        """Every message on screen, from the top."""
        return self.page.runs(MESSAGES)

    def sees_state(self, message, state, within=15.0):
        """Waits until a message of ours carries this mark."""
        css = f"[data-testid=message][data-id='{message}'] [data-state='{state}']"
        return self.page.find(css, within)

    # Who is around.

    def sees(self, *names, within=15.0):
        """Waits until the People view lists these people as reachable."""
        self.goes_to("people")
        try:
            eventually(
                lambda: set(names) <= set(self.page.runs(PEOPLE_HERE)),
                f"{self.name} to see {', '.join(names)}",
                within,
            )
        finally:
            self.goes_to("chats/everyone")

    def sees_online(self, number, within=15.0):
        """Waits until the status bar counts this many devices."""
        return self.page.find(f"[data-testid=status-online][data-online='{number}']", within)

    # Files.

    def accepts(self, name, within=15.0):
        """Accepts the offered file of this name."""
        self.page.find(f"{_card(name, 'offered')} [data-testid=accept]", within).click()

    def has_file(self, name, within=60.0):
        """Waits until the card of this file says done."""
        self.page.find(_card(name, "done"), within)
        return self.downloads / name

    def chooses(self, path):
        """Sends a file by way of the native dialog, with the keyboard."""
        self.page.find("button[aria-label='Send files']").click()
        dialog = self.display.window_called("^Send files$")
        eventually(lambda: self._names(path, dialog), "the dialog to take a path", within=30)
        eventually(lambda: self._button("Send 1 file"), "to be asked once more").click()

    def _names(self, path, dialog):
        """Types a path into the dialog; one that is still opening may miss some of it."""
        self.display.presses(dialog, "ctrl+l", "ctrl+a")
        self.display.types(dialog, str(path))
        self.display.presses(dialog, "Return")
        try:
            return eventually(lambda: self.display.is_gone(dialog), "the dialog to close", within=3)
        except AssertionError:
            return False

    # Looks.

    def goes_to(self, route):
        """Goes to a view by its address."""
        self.page.runs("window.location.hash = '#/' + arguments[0]", route)

    def passes_files_on_for(self, whom):
        """Chooses so in the settings."""
        self.goes_to("settings")
        self.page.find(f"input[name=relay][value={whom}]").click()
        self.page.find(f"input[name=relay][value={whom}]:checked")

    def turns(self, theme):
        """Chooses a theme as the settings do, and loads the window afresh with it."""
        self.page.runs("localStorage.setItem('gossamer.theme', arguments[0])", theme)
        self.page.refreshes()
        self.page.find(f"html[data-theme='{theme}']")

    def is_photographed(self, name):
        """Keeps the whole screen in artifacts/desktop."""
        return self.display.photograph(REPOSITORY / "artifacts/desktop" / f"{name}.png")

    # Detail.

    def _button(self, word):
        buttons = self.page.find_all("[role=dialog] button")
        return next((button for button in buttons if button.text == word), None)


def _card(name, state):
    """The card of the file with this name, in this state."""
    return f"[data-testid=transfer][data-state='{state}']:has([title='{name}'])"


MESSAGES = """
return [...document.querySelectorAll('[data-testid=message]')].map((row) => row.innerText);
"""

MESSAGE_WITH = """
const rows = [...document.querySelectorAll('[data-testid=message]')];
return rows.find((row) => row.innerText.includes(arguments[0]))?.dataset.id ?? null;
"""

PEOPLE_HERE = """
const rows = [...document.querySelectorAll('[data-testid=person][data-status=direct]')];
return rows.map((row) => row.querySelector('bdi').innerText);
"""
