#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's downtime of a guest of 512 MiB with an assigned network card that
receives: with exact dirty tracking, with none, and against QEMU's own card in
the same guest; and what tracking costs while the guest runs. One run, JSON
objects."""

import json
import os
import re
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "qemu"))

import card  # noqa: E402
import e2e  # noqa: E402
import hosts  # noqa: E402
import nic  # noqa: E402
import peer  # noqa: E402
import vm as lab  # noqa: E402

MIB = 512
MOVES = 3
PARAMETER = "/sys/module/e1000e_vfio_pci/parameters/tracking"
COUNTERS = lab.DEBUGFS + "/" + card.ADDRESS + "/counters"


class Host(card.Host):
    """With the tracker's switch."""

    def tracking(self, on):
        lab.write_text(PARAMETER, "YN"[not on])

    def counters(self):
        return lab.read_text(COUNTERS).split()


class Guest(nic.NicGuest):
    downtime_limit = 300


def hosts_of(guest):
    return Host(), hosts.Proxy(guest.link)


def moved(guest):
    """Of one migration while it receives: downtime, bytes sent while stopped."""
    flood = peer.Flood()
    try:
        info = guest.move()
    finally:
        flood.stop()
    e2e.report(info)
    print("# while stopped: %d bytes" % info["ram"].get("downtime-bytes", -1))
    return info["downtime"], info["ram"].get("downtime-bytes", -1)


def medians(guest, count):
    return [statistics.median(values)
            for values in zip(*(moved(guest) for _ in range(count)))]


def flooded(seconds=5):
    """Echoes a second, and their mean time in ms."""
    flood = peer.Flood()
    start = time.monotonic()
    lab.HUB.run_for(seconds)
    passed = time.monotonic() - start
    lines = "\n".join(flood.stop())
    print("# " + lines.replace("\n", "; "))
    received = int(re.search(r"(\d+) received", lines)[1])
    return received / passed, float(re.search(r"= [\d.]+/([\d.]+)/", lines)[1])


def cancelled(guest):
    dst = guest.target()
    e2e.slow_start(guest, dst)
    lab.HUB.run_for(2)
    guest.vm.qmp.command("migrate_cancel")
    guest.vm.wait_status(lab.ENDED, 30)
    guest.drop(dst)


def row(what, value, target, met):
    print(json.dumps({"what": what, "value": round(value, 3),
                      "target": target, "met": met}), flush=True)


def cost(guest):
    """The same guest before its first PRE_COPY, and after one was cancelled, when
    type1 still wants to be told."""
    off = flooded()
    cancelled(guest)
    on = flooded()
    print("# " + " ".join(Host().counters()))
    row("network card: echoes a second with tracking on, to off",
        on[0] / off[0], "-", True)
    row("network card: time of an echo with tracking on, to off",
        on[1] / off[1], "-", True)


def assigned(setup, link):
    guest = Guest(setup, link)
    try:
        guest.come_up()
        cost(guest)
        tracked = medians(guest, MOVES)
        for host in hosts_of(guest):
            host.tracking(False)
        guest.downtime_limit = 60000
        return tracked, medians(guest, 1)
    finally:
        guest.end()
        for host in hosts_of(guest):
            host.tracking(True)


def emulated(setup, link):
    guest = Guest(setup, link)
    try:
        guest.come_up()
        return medians(guest, MOVES)
    finally:
        guest.end()


def part(opts, device, what):
    """With an agent on the other host, for as long as it lasts."""
    opts.device = device
    opts.driver = lab.DEVICES[device].driver
    setup = lab.Setup(device, opts.programs, opts.accel, hz=2, memory=MIB,
                      append=nic.MODES)
    if hosts.this_host() == 2:
        hosts.Agent(setup, Host()).serve(1800)
        return None
    link = hosts.connect()
    try:
        return what(setup, link)
    finally:
        link.close()


def main():
    opts = nic.parse()
    own = part(opts, "nic", assigned)
    qemus = part(opts, "emulated", emulated)
    if hosts.this_host() == 2:
        return
    (tracked, untracked) = own
    row("network card: ms of downtime, tracked", tracked[0], "-", True)
    row("network card: ms of downtime, all dirty", untracked[0], "-", True)
    row("network card: ms of downtime, QEMU's own", qemus[0], "-", True)
    row("network card: downtime, against QEMU's own", tracked[0] / qemus[0],
        "<= 1.2", tracked[0] <= 1.2 * qemus[0])
    row("network card: downtime, against all dirty", tracked[0] / untracked[0],
        "< 1", tracked[0] < untracked[0])
    row("network card: bytes while stopped, tracked", tracked[1], "-", True)
    row("network card: bytes while stopped, all dirty", untracked[1], "-", True)
    row("network card: bytes while stopped, QEMU's own", qemus[1], "-", True)


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", "/tmp")
    main()
