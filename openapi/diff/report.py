"""What was found, told to people, and whether the version allows it."""

import re


class Report:
    """The same difference in several modes, and at several operations that share a component, is one."""

    def __init__(self, modes):
        self.modes = modes
        self.breaking = {}  # (place, what, who) to the modes and to those whom it concerns, in their order
        self.others = {}  # (place, what) to the modes

    def hears(self, mode):
        def say(place, what, breaks, who="", where=""):
            if breaks:
                modes, places = self.breaking.setdefault((place, what, who), ({}, {}))
                places[where] = modes[mode] = True
            else:
                self.others.setdefault((place, what), {})[mode] = True

        return say

    def lines(self):
        count = len(self.breaking)
        yield "Nothing breaks." if count == 0 else f"{count} {'change breaks' if count == 1 else 'changes break'} clients:"
        for (place, what, who), (modes, places) in self.breaking.items():
            yield ""
            yield f"  {place}"
            yield f"    {what}"
            yield f"    breaks {who} {', '.join(places)}{self.of(modes)}"
        told = {(place, what) for place, what, _ in self.breaking}
        others = {key: modes for key, modes in self.others.items() if key not in told}
        if others:
            yield ""
            yield "What breaks nobody:"
            yield from (f"  {place}: {what}{self.of(modes)}" for (place, what), modes in others.items())

    def of(self, modes):
        return "" if len(modes) == len(self.modes) else f" (in {' and '.join(modes)} mode only)"


def version(text):
    """Major, minor and patch; None if that is no semantic version."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)([-+].*)?", text)
    return found and tuple(int(number) for number in found.groups()[:3])


def may_break(old, new):
    """While the major number is 0, the minor one plays its part: semver promises nothing then, and this is what cargo and
    npm take `^0.1.0` for."""
    return new[0] > old[0] or new[0] == old[0] == 0 and new[1] > old[1]


def next_breaking(old):
    return f"{old[0] + 1}.0.0" if old[0] else f"0.{old[1] + 1}.0"
