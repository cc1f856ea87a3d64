#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Shows one live migration of a guest that draws, and what it took."""

import argparse
import os
import sys
import time

import e2e
import hosts
import vm as lab
from vm import HUB

BANDWIDTH = 32 << 20        # slow enough to be watched


def say(text):
    print(text, flush=True)


def clock_of(machine, link):
    """What to add to times that the machine reports."""
    return 0 if isinstance(machine, lab.VM) else hosts.clock_offset(link)


class Show:
    """One migration, and the times and sizes in it."""

    def __init__(self, src, dst, link):
        self.src, self.dst, self.link = src, dst, link
        self.start = 0
        self.pre_copy = 0

    def stamp(self):
        return "%7.2f s" % (time.monotonic() - self.start)

    def say(self, text):
        say("%s  %s" % (self.stamp(), text))

    def device_bytes(self):
        return self.src.info().get("vfio", {}).get("transferred", 0)

    def progress(self):
        info = self.src.info()
        ram = info.get("ram", {})
        self.say("%-16s ram %5.1f of %5.1f MiB left, device %8d bytes sent"
                 % (info.get("status"), ram.get("remaining", 0) / 2**20,
                    ram.get("total", 0) / 2**20,
                    info.get("vfio", {}).get("transferred", 0)))

    def watch(self, wanted, seconds=120):
        """Reports twice a second until the source has a wanted status."""
        limit = time.monotonic() + seconds * lab.SCALE

        def hit():
            return set(wanted) & set(self.src.statuses())
        while not hit():
            if time.monotonic() > limit:
                raise lab.Failure("the migration does not get on")
            HUB.run_for(0.5, until=hit)
            self.progress()
        return hit()

    def run(self):
        self.src.set_parameters(max_bandwidth=BANDWIDTH, downtime_limit=1000)
        # Between the phases QEMU waits for us: the bytes of each are known.
        self.src.set_capabilities(pause_before_switchover=True)
        uri = self.dst.listen()
        self.start = time.monotonic()
        self.say("pre-copy: the guest runs on (%s)" % uri)
        self.src.qmp.command("migrate", uri=uri)
        hit = self.watch(("pre-switchover",) + lab.ENDED)
        e2e.equal("migration", hit, {"pre-switchover"})
        self.say("stop-copy: the guest is stopped")
        self.pre_copy = self.device_bytes()
        self.src.qmp.command("migrate-continue", state="pre-switchover")
        e2e.equal("migration", self.watch(lab.ENDED), {"completed"})
        self.dst.wait_status(("completed",), 60)

    def states(self, machine):
        offset = clock_of(machine, self.link)
        return [(seen + offset - self.start, device, state)
                for seen, device, state in machine.device_states()]


def table(show, info):
    say("")
    say("%-10s %-8s %-20s %s" % ("time", "host", "device", "state"))
    rows = [(when, where, device, state)
            for where, machine in (("source", show.src), ("target", show.dst))
            for when, device, state in show.states(machine) if when >= 0]
    for when, where, device, state in sorted(rows):
        say("%7.3f s  %-8s %-20s %s" % (when, where, device, state))
    total = info.get("vfio", {}).get("transferred", 0)
    say("")
    for name, value in (
            ("device, pre-copy", "%d bytes" % show.pre_copy),
            ("device, stop-copy", "%d bytes" % (total - show.pre_copy)),
            ("guest RAM", "%d bytes" % info["ram"]["transferred"]),
            ("downtime (QEMU)", "%d ms" % info["downtime"]),
            ("total time", "%d ms" % info["total-time"])):
        say("%-20s %s" % (name, value))


def picture(machine, out, name):
    """Of a still picture: in a moving one half a frame would be seen."""
    machine.skip()
    machine.say("freeze")
    machine.expect("^frozen at", 30)
    png = machine.screenshot(machine.dir + "/png")
    machine.say("go")
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, name), "wb") as f:
        f.write(png)


class LocalGuest(e2e.Guest):
    link = None


def new_guest(setup, link):
    if not link:
        return LocalGuest(setup)
    from two_hosts import TravellingGuest
    return TravellingGuest(setup, link)


def demo(guest, out):
    say("the guest draws; filling the rest of its VRAM")
    guest.vm.ask("fill 2026", "^fill ok", 60)
    guest.vm.ticks_on(10, 60)
    show = Show(guest.vm, guest.target(), guest.link)
    picture(show.src, out, "source-before.png")
    show.run()
    sums = show.src.sums(), show.dst.sums()
    info = show.src.info()
    show.dst.qmp.command("cont")
    show.say("the guest runs on the target")
    show.dst.ticks_on(5, 60)
    picture(show.dst, out, "target-after.png")
    show.dst.skip()
    show.dst.say("check 2026")
    show.dst.expect("^check ok", 60)
    table(show, info)
    say("%-20s %s on the source, %s on the target" % ("VRAM crc32c",
                                                     *map(" ".join, sums)))
    e2e.equal("checksum of VRAM", sums[1], sums[0])
    numbers = e2e.ticks(show.src.text() + show.dst.text())
    e2e.equal("frames", numbers, list(range(numbers[0], numbers[-1] + 1)))
    say("%-20s all of %d, none lost" % ("frames drawn", len(numbers)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=sorted(lab.DEVICES),
                        default="vgpu")
    parser.add_argument("--programs", default="/lab/programs")
    parser.add_argument("--accel")
    parser.add_argument("--out", default=os.environ.get("LAB_OUT", "/lab/out"))
    opts = parser.parse_args()
    setup = lab.Setup(opts.device, opts.programs, opts.accel)
    if hosts.two_hosts() and hosts.this_host() == 2:
        hosts.Agent(setup).serve(600)
        return 0
    link = hosts.connect() if hosts.two_hosts() else None
    guest = new_guest(setup, link)
    try:
        demo(guest, opts.out)
    finally:
        guest.end()
        if link:
            link.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except lab.Failure as err:
        sys.exit("demo: %s" % err)
