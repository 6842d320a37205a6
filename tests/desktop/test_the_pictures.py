"""The pictures of the README, taken in the real window: artifacts/desktop/readme-*.png.

Copy them to docs/images/ when the window has changed, without `readme-`, and the light one of the
files as files.png; a person looks at them first.
"""

import pytest

from people import a_file, eventually

pytestmark = pytest.mark.needs_root  # to give the app's node a host of its own

PUMP = """Pump 2 is back. These were the readings:

```python
for level in read_levels("pump-2", hours=6):
    print(f"{level.time:%H:%M}  {level.litres:5.1f} l")
```
"""


def test_the_join_form(cast, window):
    cast.node("ben", network="mesh")
    ana = window("ana").opens()

    ana.page.find("[data-testid=join-name]").clear()
    ana.page.find("[data-testid=join-name]").types("Ana")
    eventually(
        lambda: "1 device heard" in ana.page.find("[data-testid=heard]").text, "ana to hear ben", 15
    )
    ana.is_photographed("readme-join")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_conversation_and_files(cast, window, tmp_path, theme):
    ben = cast.node("Ben", network="mesh")
    cleo = cast.node("Cleo", network="mesh")
    ana = window("ana").opens("--name", "Ana")
    ana.has_joined()
    ana.sees_online(2)

    ben.sends("Morning! Who has the key to the **boat shed**?")
    ana.hears("Morning! Who has the key to the boat shed?")
    cleo.sends("It hangs behind the door. I will be there at nine.")
    ana.hears("It hangs behind the door. I will be there at nine.")
    ana.sees_state(ana.sends("Perfect. I bring the charts."), "sent")
    cleo.sends(PUMP)
    ana.hears("Pump 2 is back.")
    ana.sends("Thanks, that explains the noise last night.")
    ben.sends_file(a_file(tmp_path / "harbour-chart-north.pdf", 8_400_000))
    ana.page.find("[data-testid=transfer][data-state=offered]")

    ana.turns(theme)
    ana.sees_online(2)
    ana.shows("Thanks, that explains the noise last night.")
    ana.is_photographed(f"readme-chat-{theme}")

    ana.accepts("harbour-chart-north.pdf")
    ana.has_file("harbour-chart-north.pdf")
    cleo.sends_file(a_file(tmp_path / "pump-2-manual.pdf", 2_100_000))
    ana.page.find("[data-testid=transfer][data-state=offered]")
    ana.goes_to("files")
    ana.is_photographed(f"readme-files-{theme}")
