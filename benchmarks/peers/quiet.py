"""Tells whether the machine was this run's alone."""

import os
import time

BUSY = 0.1  # of the processors, by others: more disturbs a sample
TICK = os.sysconf("SC_CLK_TCK")


def seconds() -> float:
    """What all processors have spent on anything, the machine's host included."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, softirq, steal = (int(n) for n in stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICK


def spent(pids: list[int]) -> float:
    """What this process, those with these ids, and children that have ended have spent."""
    t = os.times()
    total = t.user + t.system + t.children_user + t.children_system
    for pid in pids:
        with open(f"/proc/{pid}/stat") as stat:
            total += sum(int(n) for n in stat.read().rpartition(")")[2].split()[11:15]) / TICK
    return total


class Watch:
    """Measures what others do with the processors from its beginning."""

    def __init__(self, pids: list[int]) -> None:
        self.pids, self.cores = pids, len(os.sched_getaffinity(0))
        self.start, self.all, self.own = time.monotonic(), seconds(), spent(pids)

    def others(self) -> float:
        """Their share of the processors so far."""
        busy = (seconds() - self.all) - (spent(self.pids) - self.own)
        return max(0.0, busy / (time.monotonic() - self.start) / self.cores)


def wait(pids: list[int], most: float) -> None:
    """Waits until others leave the processors alone, for most seconds at most."""
    until = time.monotonic() + most
    while time.monotonic() < until:
        watch = Watch(pids)
        time.sleep(0.5)
        if watch.others() < BUSY:
            return
