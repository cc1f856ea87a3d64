#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a migration of the network card costs: the driver's time between the
card's stop on one host and its start on the other, and the bytes of its state.
Medians of several migrations with traffic, as JSON objects."""

import json
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "qemu"))

import hosts  # noqa: E402
import nic  # noqa: E402

MOVES = 9
TIME_LIMIT = 15         # milliseconds
BYTES_LIMIT = 8191

# States of linux/vfio.h.
STOP, RUNNING, STOP_COPY, RESUMING, RUNNING_P2P, PRE_COPY, PRE_COPY_P2P = \
    range(1, 8)
STOPS = ((PRE_COPY, PRE_COPY_P2P), (PRE_COPY_P2P, STOP_COPY),
         (RUNNING, RUNNING_P2P), (RUNNING_P2P, STOP), (STOP, STOP_COPY))
STARTS = ((RESUMING, STOP), (STOP, RUNNING_P2P), (RUNNING_P2P, RUNNING))


def spent(host, which):
    """Milliseconds in those arcs since the trace began."""
    arcs = [arc[1:] for arc in host.arcs() if tuple(arc[1:3]) in which]
    nic.e2e.expect(arcs, "no arcs in the trace")
    nic.e2e.equal("failed arcs", [arc for arc in arcs if arc[2]], [])
    print("#   %s" % ", ".join("%d -> %d: %.1f ms" % (a, b, us / 1000)
                               for a, b, _, us in arcs))
    return sum(us for _, _, _, us in arcs) / 1000


def measure(guest):
    """Of one migration: milliseconds, bytes."""
    source, target = (nic.host_named(guest, n)
                      for n in (guest.host(), 3 - guest.host()))
    for host in source, target:
        host.trace_arcs()
    info = guest.move()
    nic.e2e.report(info)
    return (spent(source, STOPS) + spent(target, STARTS),
            info["vfio"]["transferred"])


def row(what, value, limit):
    print(json.dumps({"what": what, "value": value, "target": "<= %g" % limit,
                      "met": value <= limit}))


def main():
    setup = nic.setup_of(nic.parse())
    if hosts.this_host() == 2:
        hosts.Agent(setup, nic.card.Host()).serve(900)
        return
    link = hosts.connect()
    guest = nic.NicGuest(setup, link)
    try:
        guest.come_up()
        with nic.Traffic(guest) as traffic:
            results = []
            for _ in range(MOVES):
                results.append(measure(guest))
                traffic.goes_on()
    finally:
        guest.end()
        link.close()
    times, sizes = zip(*results)
    row("network card: ms of driver time, stop to start",
        round(statistics.median(times), 2), TIME_LIMIT)
    row("network card: bytes of state", statistics.median(sizes), BYTES_LIMIT)


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", "/tmp")
    main()
