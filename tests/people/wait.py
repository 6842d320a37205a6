"""Waiting for a condition, with a deadline."""

import time


def eventually(check, what, within=10.0, every=0.02):
    """Returns the first truthy result of `check`; fails naming `what` after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        time.sleep(every)
