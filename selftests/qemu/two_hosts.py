#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Migrates a guest between two lab machines, there and back. Output is TAP."""

import argparse
import sys

import e2e
import hosts
import vm as lab


class TravellingGuest(e2e.Guest):
    """Every migration goes to the other host."""

    def __init__(self, setup, link):
        self.link = link
        super().__init__(setup)
        self.vm.address = hosts.ADDRESS[1]

    def waiting(self, mib):
        if isinstance(self.vm, lab.VM):
            return hosts.RemoteVM(self.link, len(self.vm.devices), mib, True,
                                  None)
        machine = lab.VM(self.setup, self.devices(mib=mib), incoming=True)
        machine.address = hosts.ADDRESS[1]
        # The socket is made when it listens: after the address is known.
        return machine


def test_there(guest, opts):
    """guest migrates to the other host"""
    e2e.expect(isinstance(guest.vm, lab.VM), "the guest is not on host 1")
    e2e.report(guest.move())
    guest.check_ticks()
    e2e.expect(not isinstance(guest.vm, lab.VM), "the guest is not on host 2")


def test_back(guest, opts):
    """guest migrates back"""
    e2e.report(guest.move())
    guest.check_ticks()
    e2e.expect(isinstance(guest.vm, lab.VM), "the guest is not on host 1")


def test_picture(guest, opts):
    """registers, VRAM and picture on the other host are the source's"""
    e2e.test_same_device(guest, opts)


def test_refused(guest, opts):
    """the other host refuses other VRAM, source goes on"""
    e2e.refused(guest, guest.target(mib=64))


def source(setup, opts):
    link = hosts.connect()
    tests = [test_there, test_back, test_picture, test_refused]
    tap = e2e.Tap(len(tests))
    e2e.run_life(tap, tests, lambda: TravellingGuest(setup, link), opts)
    link.close()
    return 1 if tap.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=sorted(lab.DEVICES),
                        default="vgpu")
    parser.add_argument("--programs", default="/lab/programs")
    parser.add_argument("--accel")
    parser.add_argument("--limit", type=float, default=600)
    opts = parser.parse_args()
    opts.short = False
    setup = lab.Setup(opts.device, opts.programs, opts.accel)
    if hosts.this_host() == 2:
        hosts.Agent(setup).serve(opts.limit)
        return 0
    return source(setup, opts)


if __name__ == "__main__":
    sys.exit(main())
