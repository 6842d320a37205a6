"""People who can hear each other."""


def meet(*people):
    """Waits until each of these people sees each other one."""
    for person in people:
        person.sees(*(other.name for other in people if other is not person))
