#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Migrates a guest with an assigned bochs-display between two lab machines, each
with a card of its own, there and back. Output is TAP.

The guest draws with the stock driver; the VMM shows the card's picture.
"""

import argparse
import os
import sys

import e2e
import hosts
import two_hosts
import vm as lab
from vm import Failure, read_text, write_text

ADDRESS = "0000:00:11.0"        # see run.sh of the lab
PCI = "/sys/bus/pci/devices/" + ADDRESS
DRIVER = "bochs_vfio_pci"


class Display(lab.Bochs):
    """This host's card. There is one, whichever machine has it."""

    kind = "bochs-card"

    def __init__(self, mib=16):
        super().__init__(mib)
        if self.bound() != DRIVER:
            self.bind()

    @staticmethod
    def bound():
        path = PCI + "/driver"
        return os.path.basename(os.readlink(path)) if os.path.exists(path) else ""

    def bind(self):
        if self.bound():
            write_text(PCI + "/driver/unbind", ADDRESS)
        write_text(PCI + "/driver_override", DRIVER)
        write_text("/sys/bus/pci/drivers_probe", ADDRESS)
        if self.bound() != DRIVER:
            raise Failure("%s does not bind to %s" % (ADDRESS, DRIVER))

    def args(self, index):
        return ["-device", "vfio-pci,id=gpu%d,host=%s,display=on,"
                "enable-migration=on,migration-events=on,addr=%#x"
                % (index, ADDRESS, index + 2)]

    def reason(self):
        return read_text("%s/%s/reason" % (lab.DEBUGFS, ADDRESS))


lab.DEVICES["bochs-card"] = Display


def source(setup, opts):
    link = hosts.connect()
    tests = [two_hosts.test_picture, two_hosts.test_back]
    tap = e2e.Tap(len(tests))
    e2e.run_life(tap, tests, lambda: two_hosts.TravellingGuest(setup, link), opts)
    link.close()
    return 1 if tap.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", default="/lab/programs")
    parser.add_argument("--accel")
    parser.add_argument("--limit", type=float, default=600)
    opts = parser.parse_args()
    opts.short, opts.device = False, Display.kind
    setup = lab.Setup(Display.kind, opts.programs, opts.accel)
    if hosts.this_host() == 2:
        hosts.Agent(setup).serve(opts.limit)
        return 0
    return source(setup, opts)


if __name__ == "__main__":
    sys.exit(main())
