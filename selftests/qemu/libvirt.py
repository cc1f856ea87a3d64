#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""libvirt migrates a guest with a vGPU and an assigned 82574L between two lab
machines, by the domain XML of the documents. Output is TAP."""

import argparse
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import card
import e2e
import hosts
import peer
import vm as lab
from vm import HUB, Failure

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = "/lab/examples/libvirt-vm.xml"
VGPU_XML = "/lab/examples/libvirt-vgpu.xml"
PARENT = "0000:00:11.0"         # what that names, a display
NODE = "pci_" + re.sub(r"\W", "_", PARENT)
XML = "/run/vm.xml"
CONSOLE = "/run/console"
NAME = "vm"
VGPU = "a1b0c0de-0000-4000-8000-000000000001"
LOG = "/var/log/libvirt/qemu/%s.log" % NAME
GPU_TYPE = "vfio_mig_vgpu-%d"


def domain(programs):
    """The user's domain. The lab's guest boots from files, and talks."""
    root = ET.parse(EXAMPLE).getroot()
    system = root.find("os")
    ET.SubElement(system, "kernel").text = programs + "/guest-kernel"
    ET.SubElement(system, "initrd").text = programs + "/guest-initramfs"
    ET.SubElement(system, "cmdline").text = (
        "console=ttyS0 tsc=reliable mitigations=off nokaslr loglevel=4 panic=-1 "
        "video=640x480 draw=2")
    serial = ET.SubElement(root.find("devices"), "serial", type="unix")
    ET.SubElement(serial, "source", mode="connect", path=CONSOLE)
    if not os.path.exists("/dev/kvm"):
        root.set("type", "qemu")
    return ET.tostring(root, encoding="unicode")


class Program:
    """A program that runs while sockets are served."""

    def __init__(self, args):
        self.out = open("/tmp/program-%d" % id(self), "w+b")
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL,
                                        stdout=self.out, stderr=subprocess.STDOUT)
        self.ended = False
        self.pidfd = os.pidfd_open(self.process.pid)
        HUB.selector.register(self.pidfd, lab.selectors.EVENT_READ, self.dead)

    def dead(self):
        HUB.selector.unregister(self.pidfd)
        os.close(self.pidfd)
        self.ended = True

    def result(self, seconds):
        """[exit status, what it printed]"""
        HUB.wait(lambda: self.ended, seconds, "end of " + str(self.process.args))
        status = self.process.wait()
        self.out.seek(0)
        text = self.out.read().decode("utf-8", "replace").strip()
        self.out.close()
        os.unlink(self.out.name)
        return [status, text]


class Host(card.Host):
    """What the tests ask of one host."""

    def __init__(self):
        super().__init__()
        self.console = None
        self.begun = None

    def set_up(self):
        status, text = Program([HERE + "/libvirt-host.sh"]).result(240)
        if status:
            raise Failure("no libvirt: " + text)

    def begin(self, *args):
        self.begun = Program(args)

    def finish(self, seconds=120):
        return self.begun.result(seconds)

    def run(self, *args, seconds=60):
        return Program(args).result(seconds)

    def listen(self):
        """The next QEMU's console comes here."""
        if os.path.exists(CONSOLE):
            os.unlink(CONSOLE)
        self.console = lab.Stream(CONSOLE)

    def text(self):
        HUB.run_for(0)
        return self.console.data.decode("ascii", "replace")

    def say(self, line):
        self.console.send(line.encode() + b"\n")

    def expect(self, pattern, start, seconds):
        """Waits for a line; what its groups are, and where it ends."""
        def found():
            text = self.text()
            return re.compile(pattern, re.M).search(text, start, text.rfind("\n") + 1)
        match = HUB.wait(found, seconds, repr(pattern) + " from the guest")
        return [list(match.groups()), match.end()]

    def write(self, path, text):
        lab.write_text(path, text)

    def vgpu(self, mib):
        """The one that the domain names, made anew."""
        path = "%s/%s/remove" % (lab.MDEV, VGPU)
        if os.path.exists(path):
            lab.write_text(path, "1")
        lab.write_text("%s/%s/create" % (lab.TYPES, GPU_TYPE % mib), VGPU)

    def virsh(self, *args, seconds=60):
        status, text = self.run("virsh", *args, seconds=seconds)
        e2e.expect(not status, "virsh %s: %s" % (" ".join(args), text))
        return text

    def parent(self):
        """A PCI function becomes a parent; libvirt is told by udev."""
        path = "/sys/bus/pci/devices/" + PARENT
        lab.write_text(path + "/driver_override", "vfio_mig_vgpu")
        if os.path.exists(path + "/driver"):
            lab.write_text(path + "/driver/unbind", PARENT)
        lab.write_text("/sys/bus/pci/drivers_probe", PARENT)
        HUB.poll(lambda: NODE in self.virsh("nodedev-list", "--cap", "mdev_types"), 60,
                 "parent in libvirt's list")
        return self.virsh("nodedev-dumpxml", NODE)

    def vgpu_by_mdevctl(self):
        """The one that the domain names, as it would be after a boot, too."""
        for args in (("define", "--auto", "--uuid", VGPU, "--parent", PARENT, "--type",
                      GPU_TYPE % 16), ("start", "--uuid", VGPU)):
            status, text = self.run("mdevctl", *args)
            e2e.expect(not status, "mdevctl: " + text)

    def read(self, path):
        return lab.read_text(path)

    def bound(self):
        return card.Card.bound()


class Guest:
    """Where it is, and what it prints."""

    def __init__(self, link):
        self.hosts = {1: Host(), 2: hosts.Proxy(link)}
        self.vms = []
        self.at = 1
        self.seen = 0
        self.before = ""

    @property
    def here(self):
        return self.hosts[self.at]

    @property
    def there(self):
        return self.hosts[3 - self.at]

    def virsh(self, *args, seconds=60):
        return self.here.virsh(*args, seconds=seconds)

    def expect(self, pattern, seconds=30):
        groups, self.seen = self.here.expect(pattern, self.seen, seconds)
        return groups

    def ask(self, line, pattern, seconds=30):
        self.seen = len(self.here.text())
        self.here.say(line)
        return self.expect(pattern, seconds)

    def ticks_on(self, count=2):
        self.seen = len(self.here.text())
        for _ in range(count):
            self.expect(r"^tick \d+\r?$")

    def check_ticks(self):
        """Nothing that the guest printed was lost or came twice."""
        self.ticks_on()
        seen = e2e.ticks(self.before + self.here.text())
        e2e.equal("the guest's ticks", seen, list(range(seen[0], seen[-1] + 1)))

    def network(self):
        self.ask("sh ifconfig eth0 %s netmask 255.255.255.0 up; net carrier eth0 1"
                 % peer.GUEST, "^net: carrier up", 60)
        self.ask("sh ping -c 5 -i 0.2 -W 10 %s; echo ended $?" % peer.ADDRESS,
                 "^ended 0", 60)

    def answers(self):
        """The network finds it."""
        e2e.expect(peer.reaches(2), "no answer of the guest on host %d" % self.at)

    def migrate_args(self, *options):
        return ("virsh", "migrate", "--live") + options + (
            NAME, "qemu+tcp://host%d/system" % (3 - self.at))

    def move(self, *options):
        there = self.there
        there.listen()
        status, text = self.here.run(*self.migrate_args(*options), seconds=150)
        e2e.expect(not status, "virsh migrate: " + text)
        self.before += self.here.text()
        self.at = 3 - self.at
        self.seen = 0
        return self.job("--completed")

    def tell(self):
        """What both QEMUs have said, after a test that failed."""
        for number, host in self.hosts.items():
            for line in host.run("tail", "-n", "30", LOG)[1].splitlines():
                print("# host %d: %s" % (number, line))

    def state(self):
        return self.virsh("domstate", NAME)

    def job(self, *options):
        """What libvirt says of the migration, in bytes and milliseconds."""
        text = self.virsh("domjobinfo", NAME, "--rawstats", *options)
        return {key: int(value) for key, value in
                re.findall(r"^(\w+): +(\d+)$", text, re.M)}

    def goes_on(self):
        e2e.equal("state of the source", self.state(), "running")
        self.ticks_on()
        self.answers()


def test_parent(guest, opts):
    """libvirt lists a PCI function's types, and makes a vGPU of one"""
    for host in guest.hosts.values():
        types = re.findall(r"<type id='([^']+)'", host.parent())
        e2e.expect(GPU_TYPE % 16 in types and len(types) == 4, "types: %s" % types)
    guest.virsh("nodedev-create", VGPU_XML)
    e2e.expect(VGPU.replace("-", "_") in guest.virsh("nodedev-list", "--cap", "mdev"),
               "the vGPU is not in libvirt's list")


def test_mdevctl(guest, opts):
    """mdevctl defines a vGPU that is there after a boot, too"""
    guest.there.vgpu_by_mdevctl()
    status, text = guest.there.run("mdevctl", "list", "--defined")
    e2e.expect(not status and re.search(VGPU + ".* auto", text), text)


def test_start(guest, opts):
    """libvirt finds the driver of the card by its alias, and the guest boots"""
    guest.here.listen()
    guest.virsh("start", NAME)
    e2e.equal("driver", guest.here.bound(), card.Card.driver)
    guest.expect(r"^draw: ready, 1 displays", 180)
    guest.network()
    guest.ticks_on()


def test_absent(guest, opts):
    """guest whose vGPU is not there does not start, and libvirt says why"""
    lab.write_text(XML, domain(opts.programs))
    guest.virsh("define", XML)
    status, text = guest.here.run("virsh", "start", NAME)
    e2e.expect(status and "device not found: mediated device" in text, text)


def loaded(host):
    """Bytes of both devices' state, as their drivers counted them."""
    return sum(int(re.search(r"^loaded_bytes (\d+)$", host.read(
        "/sys/kernel/debug/vfio_mig/%s/counters" % name), re.M)[1])
        for name in (VGPU, card.ADDRESS))


def moves(guest, *options):
    job = guest.move(*options)
    guest.check_ticks()
    guest.answers()
    device = loaded(guest.here)
    print("# downtime %d ms, total %d ms, device %d bytes, ram %d bytes, all %d bytes"
          % (job["downtime"], job["time_elapsed"], device, job["memory_normal_bytes"],
             job["data_processed"]))
    # What is left is nine bytes for each page of zeroes, and the other devices.
    rest = job["data_processed"] - device - job["memory_normal_bytes"]
    e2e.expect(0 <= rest <= 16 * job["memory_constant"] + (1 << 20),
               "libvirt counts %d bytes besides memory and devices" % rest)


def test_there(guest, opts):
    """guest migrates with vGPU and card"""
    moves(guest)


def test_back(guest, opts):
    """guest migrates back, from host to host (--p2p)"""
    moves(guest, "--p2p")
    e2e.equal("driver that the card has now", guest.there.bound(), "e1000e")


def begun(guest, *options):
    """A migration under way, of which some has been sent."""
    guest.there.listen()
    guest.here.begin(*guest.migrate_args(*options))
    HUB.poll(lambda: guest.job().get("data_processed", 0), 60, "progress")


def test_cancelled(guest, opts):
    """migration that is cancelled shows a progress with a total; source goes on"""
    begun(guest, "--bandwidth", "1")
    job = guest.job()
    e2e.expect(job["data_processed"] < job["data_total"] and job["data_remaining"],
               "progress: %s" % job)
    guest.virsh("domjobabort", NAME)
    status, text = guest.here.finish()
    e2e.expect(status and "cancel" in text, "virsh migrate: %d, %s" % (status, text))
    guest.goes_on()


def test_refused(guest, opts):
    """target with other VRAM refuses, in words; source goes on"""
    guest.there.vgpu(64)
    guest.there.listen()
    status, text = guest.here.run(*guest.migrate_args(), seconds=150)
    e2e.expect(status, "virsh migrate: " + text)
    reason = guest.there.read("/sys/kernel/debug/vfio_mig/%s/reason" % VGPU)
    print("# libvirt: %s\n# target: %s" % (text.splitlines()[0], reason.strip()))
    e2e.expect("eq_vram_mib is 16 on the source, 64 on the target" in reason, reason)
    guest.goes_on()
    guest.there.vgpu(16)


def test_again(guest, opts):
    """guest that a target has refused migrates to it"""
    moves(guest)


TESTS = [test_absent, test_parent, test_mdevctl, test_start, test_there, test_back, test_cancelled, test_refused, test_again]


def source(opts):
    link = hosts.connect(240)
    tap = e2e.Tap(len(TESTS))
    guest = Guest(link)
    for host in guest.hosts.values():
        host.set_up()
    for test in TESTS:
        if not e2e.run_one(tap, test, guest, opts):
            break
    if tap.failed:
        guest.tell()
    link.close()
    return 1 if tap.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", default="/lab/programs")
    parser.add_argument("--limit", type=float, default=600)
    opts = parser.parse_args()
    if hosts.this_host() == 2:
        hosts.Agent(None, Host()).serve(opts.limit)
        return 0
    return source(opts)


if __name__ == "__main__":
    sys.exit(main())
