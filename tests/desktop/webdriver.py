"""A WebDriver client: the few requests that the desktop tests need, over plain HTTP."""

import base64
import http.client
import json
import time

from people import eventually

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class WebDriverError(Exception):
    """What the driver says went wrong; `kind` is the protocol's name for it."""

    def __init__(self, kind, message):
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Session:
    """One automated window, behind a driver that listens on a host's loopback."""

    def __init__(self, host, port, capabilities):
        self._host = host
        self._port = port
        self._path = ""
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._path = f"/session/{answer['sessionId']}"

    def ends(self):
        """Ends the session; the driver closes the program."""
        self._call("DELETE", "")

    def opens(self, url):
        """Goes to a page."""
        self._call("POST", "/url", {"url": url})

    def refreshes(self):
        """Loads the page afresh and waits until it has."""
        self._call("POST", "/refresh")

    def find(self, css, within=10.0):
        """The first element for a CSS selector, waiting for it."""
        return eventually(lambda: next(iter(self.find_all(css)), None), f"{css} to show", within)

    def find_all(self, css):
        """All elements for a CSS selector, now."""
        found = self._call("POST", "/elements", {"using": "css selector", "value": css})
        return [Element(self, each[ELEMENT]) for each in found]

    def runs(self, script, *arguments):
        """Runs the body of a function in the page and returns its result."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def resizes(self, width, height):
        """Gives the window another size, in pixels."""
        self._call("POST", "/window/rect", {"width": width, "height": height})

    def screenshot(self, path):
        """Saves what the page shows as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))
        return path

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.sock = self._host.connect("127.0.0.1", self._port, timeout=60)
        try:
            payload = None if method != "POST" else json.dumps(body or {})
            connection.request(method, self._path + path, payload)
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise WebDriverError(value["error"], value.get("message", ""))
        return value


class Element:
    """Something on the page."""

    def __init__(self, session, id):
        self._session = session
        self._path = f"/element/{id}"

    def click(self, within=10.0):
        """Clicks it, waiting while it is covered or cannot be used yet."""
        deadline = time.monotonic() + within
        while True:
            try:
                return self._call("POST", "/click")
            except WebDriverError as error:
                unready = ("element click intercepted", "element not interactable")
                if error.kind not in unready or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def types(self, text):
        """Types into it, after what is there."""
        self._call("POST", "/value", {"text": text})

    def clear(self):
        """Empties a field."""
        self._call("POST", "/clear")

    @property
    def text(self):
        """Its text as shown."""
        return self._call("GET", "/text")

    def attribute(self, name):
        """An attribute, or None."""
        return self._call("GET", f"/attribute/{name}")

    @property
    def value(self):
        """What is in a field."""
        return self._call("GET", "/property/value")

    def find_all(self, css):
        """All elements inside it for a CSS selector."""
        found = self._call("POST", "/elements", {"using": "css selector", "value": css})
        return [Element(self._session, each[ELEMENT]) for each in found]

    def _call(self, method, path, body=None):
        return self._session._call(method, self._path + path, body)
