"""What a test file needs besides its fixtures: see tests/README.md."""


class Skip(Exception):
    """The test cannot tell anything here; the text says why."""


def skip(reason):
    raise Skip(reason)


def each(*values):
    """Runs the test once per value, which is its last argument (a tuple: its last arguments)."""
    def mark(test):
        test.each = values
        return test
    return mark


def limit(seconds):
    """Time that the test may take, where 30 seconds are not enough."""
    def mark(test):
        test.limit = seconds
        return test
    return mark


def since(**versions):
    """Skips the test under peers older than told, e.g. since(runc="1.2", crun="1.9"). Skiff has to pass it.

    A peer that will never pass is marked with "never".
    """
    def mark(test):
        test.since = versions
        return test
    return mark
