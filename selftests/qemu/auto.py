#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Migrates with QEMU's default, enable-migration=auto, on the deep kernel.

QEMU migrates a device then only if somebody logs what it wrote to the guest's
memory: the device itself by its log_ops, over type1 as over iommufd. One guest
goes from one to the other and back. Output is TAP.
"""

import os
import sys

import e2e
import vm as lab


class Type1(lab.Vgpu):
    """Opened by group and container."""

    migration = "auto"


class Iommufd(Type1):
    """Opened by its own device file, with an iommufd of QEMU's."""

    def args(self, index):
        device, text = super().args(index)
        objects = [] if index else ["-object", "iommufd,id=iommufd0"]
        return objects + [device, text + ",iommufd=iommufd0"]


def move(guest, device):
    guest.setup.device = device
    e2e.report(guest.move())
    guest.check_ticks()


def test_type1(guest, opts):
    """guest migrates over type1 with enable-migration=auto"""
    move(guest, Type1)
    move(guest, Type1)


def test_to_iommufd(guest, opts):
    """guest migrates from type1 to iommufd"""
    move(guest, Iommufd)


def test_iommufd(guest, opts):
    """guest migrates over iommufd"""
    move(guest, Iommufd)
    move(guest, Iommufd)


def test_from_iommufd(guest, opts):
    """guest migrates from iommufd to type1"""
    move(guest, Type1)


TESTS = [test_type1, test_to_iommufd, test_iommufd, test_from_iommufd]


def main():
    opts = e2e.parse()
    setup = lab.Setup(programs=opts.programs, accel=opts.accel,
                      trace=opts.trace)
    setup.device = Type1
    wanted = [t for t in TESTS if (opts.only or "") in t.__name__]
    tap = e2e.Tap(len(wanted))
    e2e.run_life(tap, wanted, lambda: e2e.Guest(setup), opts)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", "/tmp")
    sys.exit(main())
