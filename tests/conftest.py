"""What every test gets: a cast, cleared up afterwards, and its story when something fails."""

import pytest

from people import Cast, can_build_towns


@pytest.fixture
def cast(tmp_path, request):
    """People, each on a host of their own where root allows it."""
    yield from _cast(tmp_path, request)


@pytest.fixture
def town(tmp_path, request):
    """People in networks like real ones; only root can build them."""
    yield from _cast(tmp_path, request, mtu=1500)


def _cast(tmp_path, request, **place):
    cast = Cast(tmp_path, **place)
    request.node.stash[CAST] = cast
    try:
        yield cast
    finally:
        faults = cast.leave()
    assert not faults, "what the old program does not bear:\n" + "\n".join(faults)


CAST = pytest.StashKey()


def pytest_collection_modifyitems(items):
    """Tests that need root say so instead of failing without it."""
    for item in items:
        needs_root = "town" in item.fixturenames or item.get_closest_marker("needs_root")
        if needs_root and not can_build_towns():
            item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test comes with what its people went through."""
    report = yield
    cast = item.stash.get(CAST, None)
    if report.when == "call" and report.failed and cast is not None:
        report.sections += [(f"{name}'s story", story) for name, story in cast.story()]
    return report
