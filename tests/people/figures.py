"""What a bench tells of its figures."""

import statistics


def report(what, values, unit, digits=1):
    """Prints the median and the spread; returns the median."""
    low, middle, high = (
        f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values))
    )
    print(f"{what}: median {middle} {unit} ({low}..{high}, n={len(values)})", flush=True)
    return statistics.median(values)
