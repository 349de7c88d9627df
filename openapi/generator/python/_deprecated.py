"""Marks what the contract calls deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Type checkers know it without the package; when it is run, a method needs no more of it than the warning.
if TYPE_CHECKING:
    from typing_extensions import deprecated
else:
    import functools
    import warnings

    def deprecated(message):
        """Has each call warn of it."""

        def mark(method):
            @functools.wraps(method)
            def warned(*args, **named):
                warnings.warn(message, DeprecationWarning, stacklevel=2)
                return method(*args, **named)

            return warned

        return mark


__all__ = ["deprecated"]
