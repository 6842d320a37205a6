"""A screen, and windows on the hosts of a town."""

import pytest

from desktop.display import Display, missing_tools
from desktop.window import Window


def pytest_collection_modifyitems(items):
    """Without the tools that drive a window, these tests say which are missing."""
    missing = missing_tools()
    if missing:
        reason = f"needs {', '.join(missing)}"
        for item in items:
            if item.path.parent.name == "desktop":
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def display():
    """A screen of its own for each test."""
    screen = Display()
    yield screen
    screen.closes()


@pytest.fixture
def window(cast, display, tmp_path):
    """Makes a person with the desktop app: `window("ana")`."""
    opened = []

    def make(name, on=("lan",), display=display):
        host = cast.town.host(name, *on)
        opened.append(Window(name, host, display, tmp_path / name))
        return opened[-1]

    yield make
    for each in opened:
        each.leaves()
