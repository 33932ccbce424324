"""Locks between threads that are whole again in a forked process."""

from __future__ import annotations

import os
import threading


def make_lock() -> threading.RLock:
    """Make a lock for the life of the process; a thread that holds one takes no other.

    A fork waits for it. A child would otherwise inherit it as held by a thread that it has not got,
    with what it guards half changed.
    """
    lock = threading.RLock()
    if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
    return lock
