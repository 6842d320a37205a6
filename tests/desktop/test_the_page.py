"""What a script in the page could do, and what it could not: it is run there, and nothing comes of it."""

import pytest

from people import a_file, eventually
from people.node import REPOSITORY

INVOKE = """
const [command, args] = arguments;
return window.__TAURI_INTERNALS__.invoke(command, args).then(
  () => 'done',
  (error) => 'refused: ' + (error.code ?? error),
);
"""

# What the policy forbids says so in an event; the page itself is none the wiser.
AGAINST_THE_POLICY = """
const [kind] = arguments;
return new Promise((resolve) => {
  document.addEventListener('securitypolicyviolation', (event) => {
    resolve(event.effectiveDirective);
  }, { once: true });
  setTimeout(() => resolve('nothing was forbidden'), 5000);
  const add = (tag, fields) => document.body.append(
    Object.assign(document.createElement(tag), fields));
  ({
    form: () => {
      const form = document.createElement('form');
      form.action = 'https://example.org/';
      document.body.append(form);
      form.submit();
    },
    base: () => document.head.append(
      Object.assign(document.createElement('base'), { href: 'https://example.org/' })),
    frame: () => add('iframe', { src: 'https://example.org/' }),
    image: () => add('img', { src: 'https://example.org/a.png' }),
    script: () => add('script', { src: 'https://example.org/a.js' }),
    inline: () => add('script', { textContent: 'window.came = true' }),
    fetch: () => fetch('https://example.org/').catch(() => {}),
  })[kind]();
});
"""


@pytest.fixture
def ana(window):
    """Ana, with her window open and her name given."""
    person = window("ana").opens()
    person.joins()
    return person


def asks(person, command, /, **args):
    return person.page.runs(INVOKE, command, args)


def test_a_script_in_the_page_sends_no_file_that_it_names(ana, tmp_path):
    secret = a_file(tmp_path / "secret.txt", 100)
    for command in [
        {"cmd": "send_file", "to": "everyone", "path": str(secret)},
        {"cmd": "send_file", "to": "everyone", "token": str(secret)},
        {"cmd": "send_file", "to": "everyone", "token": "0" * 32},
        {"cmd": "quit"},
    ]:
        assert asks(ana, "run", command=command).startswith("refused"), command
    assert asks(ana, "run", command={"cmd": "peers"}) == "done", "what it may ask for works"
    assert not ana.page.find_all("[data-testid=transfer]")


def test_a_script_in_the_page_calls_nothing_of_the_shell_but_its_commands(ana):
    args = {"event": "tauri://drag-drop", "target": {"kind": "Any"}, "handler": 1}
    for command in ("event|listen", "dialog|open", "opener|open_path", "opener|open_url"):
        said = asks(ana, f"plugin:{command}", **args, path="/etc/passwd", url="https://example.org")
        assert said.startswith("refused"), command


def test_the_policy_of_the_page_forbids_what_would_lead_outside(ana):
    directives = {
        "form": "form-action",
        "base": "base-uri",
        "frame": "frame-src",
        "image": "img-src",
        "script": "script-src-elem",
        "inline": "script-src-elem",
        "fetch": "connect-src",
    }
    assert {kind: ana.page.runs(AGAINST_THE_POLICY, kind) for kind in directives} == directives


def test_a_link_opens_only_when_the_user_says_so_outside_the_page(window, tmp_path, monkeypatch):
    opened = tmp_path / "opened"
    browser = tmp_path / "bin" / "xdg-open"
    browser.parent.mkdir()
    browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(browser.parent), prepend=":")
    ana = window("ana").opens()
    ana.joins()
    ana.sends("see https://ex\u00e4mple.org/a?b#c")

    def clicks():
        ana.page.find("[data-testid=message] a").click()
        return ana.display.window_called("^Open link")

    question = clicks()
    picture = REPOSITORY / "artifacts" / "desktop" / "open-link.png"
    ana.display.photograph(picture)
    ana.display.presses(question, "Return")
    eventually(lambda: ana.display.is_gone(question), "the question to be gone")
    assert not opened.exists(), "what Return answers is no"

    question = clicks()
    ana.display.presses(question, "Tab", "Return")
    eventually(lambda: opened.exists() and opened.read_text(), "the link to be opened")
    assert opened.read_text() == "https://xn--exmple-cua.org/a?b#c\n"
