#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Migrates guests between two releases of the virtual GPU: host 2 has one that
knows only platform 2026.1 and stream 1.0. Output is TAP."""

import argparse
import sys

import e2e
import hosts
import two_hosts
import vm as lab

ENGINE = "0x5047564D"
# BAR4 of the first display, read by the guest's CPU.
LOOK = ("sh set -- $(sed -n 5p /sys/bus/pci/devices/0000:00:02.0/resource);"
        " echo engine $(devmem $1 32)")


class Pinned(two_hosts.TravellingGuest):
    """Begins on a device that is pinned to the older platform."""

    def devices(self, gpus=None, mib=16):
        made = super().devices(gpus or 1, mib)
        for device in made:
            device.set_fact("platform", "2026.1")
        return made


def sees(guest, value):
    guest.vm.ask(LOOK, "^engine " + value, 60)


def refused_for(guest, words):
    """The migration fails; one of the two sides says why."""
    dst = guest.target()
    device = guest.vm.devices[0]
    said = []

    def gather():
        said.extend(dst.reasons() + [device.reason()])

    e2e.refused(guest, dst, before_drop=gather)
    e2e.expect(any(words in line for line in said),
               "nobody says %r: %s" % (words, said))


def test_newer_stream(guest, opts):
    """newer stream is refused by the older host, source goes on"""
    refused_for(guest, "the source could send 1.0")


def test_pinned_stream(guest, opts):
    """with the stream pinned, a guest that never saw the engine goes"""
    guest.vm.devices[0].set_fact("stream_emit", "1.0")
    e2e.report(guest.move())
    guest.check_ticks()


def test_old_to_new(guest, opts):
    """it comes back to the newer host, and still sees no engine"""
    e2e.report(guest.move())
    guest.check_ticks()
    e2e.equal("platform", guest.vm.devices[0].fact("platform"), "2026.1")
    sees(guest, "0x00000000")


def test_again(guest, opts):
    """it goes and comes again with nothing pinned"""
    for _ in range(2):
        e2e.report(guest.move())
        guest.check_ticks()


def test_engine_seen(guest, opts):
    """a guest that saw the engine is refused in pre-copy, source goes on"""
    sees(guest, ENGINE)
    guest.vm.devices[0].set_fact("stream_emit", "1.0")
    refused_for(guest, "ENG")
    sees(guest, ENGINE)


def test_engine_seen_late(guest, opts):
    """and one that sees it only while it is sent"""
    dst = guest.target()
    guest.vm.devices[0].set_fact("stream_emit", "1.0")
    since = e2e.slow_start(guest, dst)
    sees(guest, ENGINE)
    guest.vm.set_parameters(max_bandwidth=e2e.FAST)
    e2e.equal("migration", guest.vm.wait_status(lab.ENDED, 60, since), "failed")
    e2e.expect("ENG" in guest.vm.devices[0].reason(), "no reason")
    guest.drop(dst)
    lab.HUB.wait(lambda: guest.vm.status() == "running", 30, "running source")
    guest.goes_on()


def test_pinned_platform(guest, opts):
    """a guest on the older platform goes and comes, with no engine to see"""
    sees(guest, "0x00000000")
    for _ in range(2):
        e2e.report(guest.move())
        guest.check_ticks()
    sees(guest, "0x00000000")


LIVES = (
    (two_hosts.TravellingGuest,
     [test_newer_stream, test_pinned_stream, test_old_to_new, test_again]),
    (two_hosts.TravellingGuest, [test_engine_seen_late, test_engine_seen]),
    (Pinned, [test_pinned_platform]),
)


def source(setup, opts):
    link = hosts.connect()
    tap = e2e.Tap(sum(len(tests) for _, tests in LIVES))
    for life, tests in LIVES:
        e2e.run_life(tap, tests, lambda life=life: life(setup, link), opts)
    link.close()
    return 1 if tap.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", default="/lab/programs")
    parser.add_argument("--accel")
    parser.add_argument("--limit", type=float, default=900)
    opts = parser.parse_args()
    opts.short = False
    opts.device = "vgpu"
    setup = lab.Setup(opts.device, opts.programs, opts.accel)
    if hosts.this_host() == 2:
        hosts.Agent(setup).serve(opts.limit)
        return 0
    return source(setup, opts)


if __name__ == "__main__":
    sys.exit(main())
