#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Migrates a guest that draws, by an unmodified QEMU: one test per promise.

One guest lives through most of the tests, since booting one takes longer
than anything else. Output is TAP.
"""

import argparse
import os
import re
import sys
import time
import traceback

import vm as lab
from vm import Failure

SLOW = 256 * 1024           # bytes a second: no migration ends with that
FAST = 1 << 40
LINK = 16 << 20             # less than a full device in QEMU's downtime limit


def expect(condition, what):
    if not condition:
        raise Failure(what)


def equal(what, got, wanted):
    expect(got == wanted, "%s: %s, not %s" % (what, got, wanted))


def ticks(text):
    return [int(n) for n in re.findall(r"^tick (\d+)\r?$", text, re.M)]


class Guest:
    """A guest's life, in one machine after the other."""

    downtime_limit = 300        # milliseconds, as QEMU has it by itself

    def __init__(self, setup, gpus=1):
        self.setup = setup
        self.before = ""
        self.vms = []
        self.vm = None
        try:
            self.boot(gpus)
        except (Failure, OSError):
            diagnose(self)
            self.end()
            raise

    def boot(self, gpus):
        start = time.monotonic()
        self.adopt(lab.VM(self.setup, self.devices(gpus)))
        self.vm.expect(r"^draw: ready, %d displays" % gpus, 180)
        self.vm.ticks_on(1)
        print("# guest booted in %.1f s" % (time.monotonic() - start))

    def adopt(self, machine):
        self.vm = machine
        if machine not in self.vms:
            self.vms.append(machine)

    def devices(self, gpus=None, mib=16):
        count = gpus or len(self.vm.devices)
        return [self.setup.device(mib) for _ in range(count)]

    def target(self, mib=16):
        """A machine that waits for the guest."""
        machine = self.waiting(mib)
        self.vms.append(machine)
        return machine

    def waiting(self, mib):
        return lab.VM(self.setup, self.devices(mib=mib), incoming=True)

    def drop(self, machine):
        self.vms.remove(machine)
        lab.quit_all([machine])

    def move(self, prepare=None, compare_screen=False):
        """Migrates to a new machine, compares, and lets the guest go on."""
        src, dst = self.vm, self.target()
        if prepare:
            prepare(src, dst)
        src.set_parameters(downtime_limit=self.downtime_limit,
                           max_bandwidth=FAST)
        result = lab.migrate(src, dst.listen())
        equal("migration", result, "completed")
        dst.wait_status(("completed",), 30)
        shots = [src.screenshot(src.dir + "/png")] if compare_screen else []
        before = src.sums(), src.regs()
        info = src.info()
        equal("checksums of VRAM", dst.sums(), before[0])
        dst.qmp.command("cont")
        if compare_screen:
            equal("registers", dst.regs(), before[1])
            shots.append(dst.screenshot(dst.dir + "/png"))
            expect(shots[0] == shots[1], "the pictures differ")
        self.before += self.leave(src)
        self.adopt(dst)
        return info

    def arrives(self, dst):
        """It goes on where it has migrated to."""
        dst.qmp.command("cont")
        self.before += self.leave(self.vm)
        self.adopt(dst)

    def leave(self, src):
        """Ends a machine that the guest has left; returns what it printed."""
        self.vms.remove(src)
        src.quit()
        text = src.text()
        src.forget()
        return text

    def check_ticks(self):
        """Nothing that the guest printed was lost or came twice."""
        self.vm.ticks_on()
        seen = ticks(self.before + self.vm.text())
        equal("the guest's ticks", seen, list(range(seen[0], seen[-1] + 1)))

    def goes_on(self):
        equal("state of the source", self.vm.status(), "running")
        self.vm.ticks_on()

    def end(self):
        lab.quit_all(self.vms)
        self.vms = []


def report(info):
    line = "downtime %d ms, total %d ms" % (info.get("downtime", -1),
                                            info.get("total-time", -1))
    if "vfio" in info:
        line += ", device %d bytes" % info["vfio"]["transferred"]
    print("# " + line + ", ram %d bytes" % info["ram"]["transferred"])


def slow_start(guest, dst):
    """A migration that is under way and does not end by itself."""
    guest.vm.set_parameters(max_bandwidth=SLOW)
    since = guest.vm.mark()
    guest.vm.qmp.command("migrate", uri=dst.listen())
    equal("migration", guest.vm.wait_status(("active",) + lab.ENDED, 30, since),
          "active")
    return since


def test_migrates(guest, opts):
    """guest migrates back and forth while it draws"""
    for _ in range(2 if opts.short else 10):
        report(guest.move())
        guest.check_ticks()


def picture_changes(guest, path):
    """The guest's driver copies what was drawn to VRAM some time later."""
    first = guest.vm.screenshot(path)
    for _ in range(30):
        guest.vm.ticks_on(1)
        if guest.vm.screenshot(path) != first:
            return True
    return False


def test_same_device(guest, opts):
    """registers, VRAM and picture of the target are the source's"""
    path = guest.vm.dir + "/png"
    # A display that shows nothing would be equal everywhere.
    expect(picture_changes(guest, path), "the picture does not change")
    guest.vm.ask("fill 77", "^fill ok", 60)
    guest.vm.ask("freeze", "^frozen at")
    said = estimate(guest)
    info = guest.move(compare_screen=True)
    report(info)
    if said:
        print("# %d bytes were estimated" % said["bytes"])
        expect(abs(said["bytes"] / info["vfio"]["transferred"] - 1) < 0.15,
               "the estimate was %d bytes" % said["bytes"])
    guest.vm.ask("check 77", "^check ok", 60)
    guest.vm.ask("go", "^going at")
    guest.check_ticks()


def test_cancel(guest, opts):
    """source goes on after a cancel during pre-copy"""
    dst = guest.target()
    since = slow_start(guest, dst)
    guest.vm.ticks_on()
    guest.vm.qmp.command("migrate_cancel")
    equal("migration", guest.vm.wait_status(lab.ENDED, 30, since), "cancelled")
    guest.drop(dst)
    guest.goes_on()
    report(guest.move())
    guest.check_ticks()


def refused(guest, dst, seconds=120, before_drop=lambda: None):
    guest.vm.set_parameters(downtime_limit=guest.downtime_limit,
                            max_bandwidth=FAST)
    result = lab.migrate(guest.vm, dst.listen(), seconds)
    equal("migration", result, "failed")
    print("# source: %s" % guest.vm.info().get("error-desc"))
    for line in dst.reasons() + dst.log().splitlines()[-2:]:
        print("# target: " + line)
    before_drop()
    guest.drop(dst)
    # The event comes before the source's guest is started again.
    lab.HUB.wait(lambda: guest.vm.status() == "running", 30, "running source")
    guest.goes_on()


def test_wrong_size(guest, opts):
    """target with other VRAM refuses, source goes on"""
    refused(guest, guest.target(mib=64))


def test_target_fault(guest, opts):
    """target that fails to load refuses, source goes on"""
    for where in ("arc:RESUMING -5", "load:VRAM -5", "load:DISP -22"):
        print("# " + where)
        dst = guest.target()
        dst.devices[0].fail_at(where)
        refused(guest, dst)


def test_source_fault(guest, opts):
    """source that fails to save goes on"""
    device = guest.vm.devices[0]
    for where in ("arc:PRE_COPY -5", "save:VRAM -5", "save:DISP -5"):
        print("# " + where)
        device.fail_at(where)
        try:
            refused(guest, guest.target())
        finally:
            device.fail_at("off")
    # It has lost nothing by that.
    report(guest.move())
    guest.check_ticks()


def test_stop_fault(guest, opts):
    """source whose device fails to stop is reset, and its guest goes on"""
    device = guest.vm.devices[0]
    device.fail_at("arc:STOP_COPY -5")
    try:
        refused(guest, guest.target())
    finally:
        device.fail_at("off")
    equal("state of the device", device.state(), "RUNNING")
    guest.check_ticks()


def estimate(guest, *options):
    """What the command says of our device; None for an emulated one."""
    device = guest.vm.devices[0]
    return device.estimate(*options) if device.kind == "vgpu" else None


def idle(machine):
    """All of RAM is sent, and QEMU has measured that nothing passes the link."""
    info = machine.info()
    return info["status"] == "active" and not info["ram"]["remaining"] and \
        info["ram"]["mbps"] < 1


def move_over(guest, rate):
    """A migration over a link with that many bytes a second begins."""
    dst = guest.target()
    since = guest.vm.mark()
    guest.vm.set_parameters(downtime_limit=guest.downtime_limit, max_bandwidth=rate)
    guest.vm.qmp.command("migrate", uri=dst.listen())
    return dst, since


def test_paused(guest, opts):
    """paused guest migrates when QEMU knows the link's speed, and stays paused"""
    # QEMU allows as many bytes for the end as the link has just passed in the limit's
    # time. A paused guest changes no memory, so nothing passes after its RAM: where the
    # device has more, QEMU waits for ever, unless it is told the speed.
    guest.vm.ask("fill 77", "^fill ok", 60)
    since = guest.vm.mark()
    guest.vm.qmp.command("stop")
    guest.vm.wait_event("STOP", 30, since)
    said = estimate(guest, "--bandwidth", str(LINK))
    dst, since = move_over(guest, LINK)
    if said:
        equal("what was said to end", said["ends"], "never")
        lab.HUB.poll(lambda: idle(guest.vm), 60, "end of RAM")
    guest.vm.set_parameters(avail_switchover_bandwidth=FAST)
    equal("migration", guest.vm.wait_status(lab.ENDED, 30, since), "completed")
    dst.wait_status(("completed",), 30)
    report(guest.vm.info())
    if said:
        # A device that has stopped is known to the byte.
        equal("bytes", guest.vm.info()["vfio"]["transferred"], said["bytes"])
    equal("state of the target", dst.status(), "paused")
    guest.arrives(dst)
    guest.check_ticks()
    guest.vm.ask("check 77", "^check ok", 60)


def multifd(src, dst, on=True):
    for machine in (src, dst):
        machine.set_capabilities(multifd=on)
        machine.set_parameters(multifd_channels=2)
        if machine.devices[0].kind == "vgpu":
            machine.set_on_devices("x-migration-multifd-transfer",
                                   "on" if on else "auto")


def move_by_multifd(guest):
    report(guest.move(prepare=multifd))
    multifd(guest.vm, guest.vm, False)
    guest.check_ticks()


def test_multifd(guest, opts):
    """guest migrates by multifd, device state included"""
    move_by_multifd(guest)


def reboot_while_sent(guest):
    """Where the migration ends the guest has booted again."""
    dst = guest.target()
    since = slow_start(guest, dst)
    resets = guest.vm.mark()
    guest.vm.skip()
    guest.vm.say("reboot")
    guest.vm.wait_event("RESET", 30, resets)
    guest.vm.expect(r"^draw: ready", 180)
    guest.vm.set_parameters(downtime_limit=guest.downtime_limit,
                            max_bandwidth=FAST)
    result = guest.vm.wait_status(lab.ENDED, 120, since)
    print("# the migration has " + result)
    if result == "completed":
        dst.wait_status(("completed",), 30)
        dst.qmp.command("cont")
        guest.leave(guest.vm)
        guest.adopt(dst)
    else:
        equal("migration", result, "failed")
        guest.drop(dst)
    guest.before = ""
    guest.goes_on()


def test_reboot(guest, opts):
    """guest that reboots during pre-copy lives on, on one side"""
    reboot_while_sent(guest)


def test_two(guest, opts):
    """guest with two GPUs migrates"""
    for index, machine in enumerate(guest.vm.devices):
        print("# gpu%d: %s" % (index, machine.kind))
    report(guest.move())
    guest.check_ticks()
    move_by_multifd(guest)


# In the order in which the guest lives through them. The second list is one
# more guest, with two GPUs.
TESTS = [test_same_device, test_migrates, test_paused, test_cancel,
         test_wrong_size, test_target_fault, test_source_fault, test_multifd,
         test_stop_fault, test_reboot]
TWO = [test_two]
NOT_SHORT = (test_reboot, test_two)
ONLY_OURS = (test_target_fault, test_source_fault, test_stop_fault)


class Tap:
    def __init__(self, count):
        self.number = self.failed = 0
        print("1..%d" % count, flush=True)

    def result(self, good, text):
        self.number += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.number, text),
              flush=True)

    def skip(self, text, why):
        self.result(True, "%s # SKIP %s" % (text, why))


def why_skip(test, opts):
    if opts.short and test in NOT_SHORT:
        return "not in a short run"
    if opts.device == "bochs" and test in ONLY_OURS:
        return "no fault injection"
    return None


def one_line(text):
    """A result of TAP is one line, and "#" would mean something in it."""
    return " ".join(text.replace("#", "").split())


def progress(machine):
    """How far a migration has come that does not end."""
    info = machine.info()
    return ["%s, migration %s" % (machine.status(), info.get("status", "none"))] + [
        "%s: %s" % (key, info[key]) for key in
        ("total-time", "expected-downtime", "ram", "vfio") if key in info]


def diagnose(guest):
    """What helps to understand a failed test."""
    for line in traceback.format_exc().splitlines()[-6:]:
        print("# " + line)
    for machine in guest.vms:
        try:
            lines = (machine.log().splitlines()[-40:] +
                     machine.text().splitlines()[-3:] + progress(machine))
        except (Failure, OSError) as err:
            lines = [str(err)]
        for line in lines:
            print("# %s: %s" % (machine.name, line))


def run_one(tap, test, guest, opts):
    """True if the guest is still of use."""
    start = time.monotonic()
    try:
        test(guest, opts)
        tap.result(True, test.__doc__)
    except (Failure, OSError) as err:
        diagnose(guest)
        tap.result(False, one_line("%s: %s" % (test.__doc__, err)))
        return False
    finally:
        print("# %.1f s" % (time.monotonic() - start), flush=True)
    return True


def run_life(tap, tests, make_guest, opts):
    """Runs tests in one guest; a test that fails costs the next a boot."""
    guest = None
    for test in tests:
        why = why_skip(test, opts)
        if why:
            tap.skip(test.__doc__, why)
            continue
        try:
            guest = guest or make_guest()
        except (Failure, OSError) as err:
            tap.result(False, one_line("%s: no guest: %s"
                                       % (test.__doc__, err)))
            continue
        if not run_one(tap, test, guest, opts):
            guest.end()
            guest = None
    if guest:
        guest.end()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=sorted(lab.DEVICES),
                        default="vgpu")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--programs", default="/lab/programs")
    parser.add_argument("--accel")
    parser.add_argument("--trace", action="append", default=[])
    parser.add_argument("--only", help="run tests whose name has this")
    return parser.parse_args()


def main():
    opts = parse()
    setup = lab.Setup(opts.device, opts.programs, opts.accel,
                      trace=opts.trace)
    wanted = [[t for t in tests if (opts.only or "") in t.__name__]
              for tests in (TESTS, TWO)]
    tap = Tap(sum(map(len, wanted)))
    for gpus, tests in enumerate(wanted, 1):
        run_life(tap, tests, lambda n=gpus: Guest(setup, n), opts)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", "/tmp")
    sys.exit(main())
