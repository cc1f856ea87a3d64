# SPDX-License-Identifier: GPL-2.0-only
"""A network card of a lab machine for its guests, and the lab machine's own
monitor, which can pull the card's cable."""

import glob
import json
import os
import re
import select
import subprocess
import time

import vm as lab
from vm import Failure, read_text, write_text

ADDRESS = "0000:00:10.0"        # the one on the wire; see run.sh
MAC = "52:54:00:12:34:56"       # of host 1's card, where each guest begins
PCI = "/sys/bus/pci/devices/" + ADDRESS
TRACING = "/sys/kernel/tracing/"
ARC = re.compile(r" (\d+\.\d+): vmig_arc: \S+ (\d+) -> (\d+) ret (-?\d+) "
                 r"in (\d+) us")


class Card:
    """This host's card. There is one, whoever asks for it."""

    kind = "nic"
    driver = "e1000e_vfio_pci"

    def __init__(self, mib=0):
        if self.bound() != self.driver:
            self.bind()

    @staticmethod
    def bound():
        path = PCI + "/driver"
        return os.path.basename(os.readlink(path)) if os.path.exists(path) else ""

    def bind(self):
        if self.bound():
            write_text(PCI + "/driver/unbind", ADDRESS)
        write_text(PCI + "/driver_override", self.driver)
        write_text("/sys/bus/pci/drivers_probe", ADDRESS)
        if self.bound() != self.driver:
            raise Failure("%s does not bind to %s" % (ADDRESS, self.driver))

    @classmethod
    def migrates(cls):
        return cls.driver != "vfio-pci"

    def args(self, index):
        args = "vfio-pci,id=nic%d,host=%s,addr=%#x" % (index, ADDRESS, index + 2)
        # A target of QEMU's takes INTx to KVM by the route of a chipset that
        # has just been reset: it would become the guest's timer interrupt.
        args += ",x-no-kvm-intx=on"
        if self.migrates():
            args += ",enable-migration=on,migration-events=on"
        return ["-device", args]

    # What the displays have and are compared by.
    def sum(self, machine, index):
        return ""

    def regs(self):
        return ""

    def reason(self):
        path = "%s/%s/reason" % (lab.DEBUGFS, ADDRESS)
        return read_text(path) if os.path.exists(path) else ""

    def remove(self):
        """It stays: the next machine has it again."""


class Emulated(Card):
    """QEMU's own, bridged to this host's card: for trials, and to compare with."""

    kind = "emulated"
    driver = "e1000e"

    def bind(self):
        subprocess.run(["modprobe", "-a", "e1000e", "tun", "bridge"], check=True)
        super().bind()
        name = os.listdir(PCI + "/net")[0]
        # The bridge keeps what is for the addresses of its own cards.
        for line in ("link set %s address 52:54:00:97:00:00" % name,
                     "link add br0 type bridge",
                     "tuntap add tap0 mode tap",
                     "link set tap0 master br0 up",
                     "link set %s master br0 up" % name,
                     "link set br0 up"):
            subprocess.run(["ip"] + line.split(), check=True)

    def args(self, index):
        return ["-netdev", "tap,id=net0,ifname=tap0,script=no,downscript=no",
                "-device", "e1000e,netdev=net0,mac=%s,addr=%#x"
                % (MAC, index + 2)]

    def reason(self):
        return ""


lab.DEVICES.update(nic=Card, emulated=Emulated)


def register_table():
    """{offset: (name, class, remark)} from the driver's table."""
    table = {}
    with open("/lab/e1000e/regs.h", encoding="ascii") as f:
        text = f.read()
    for name, offset, count, stride, kind, remark in re.findall(
            r'\bR\((\w+),\s*(0x\w+),\s*(\d+), (\w+), (\w+), "(.*)"\)', text):
        for n in range(int(count)):
            at = int(offset, 16) + n * int(stride, 0)
            table[at] = (name, kind, remark)
    return table


def port():
    """The lab machine's own QMP."""
    for path in glob.glob("/sys/class/virtio-ports/*/name"):
        if read_text(path) == "l0":
            return "/dev/" + path.split("/")[-2]
    raise Failure("no port to this host's own monitor")


class Host:
    """What a test asks of a host, besides its machines."""

    def __init__(self):
        self.fd = None
        self.data = b""

    def message(self, seconds=30):
        limit = time.monotonic() + seconds * lab.SCALE
        while b"\n" not in self.data:
            left = limit - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise Failure("no answer from this host's own monitor")
            self.data += os.read(self.fd, 65536)
        line, _, self.data = self.data.partition(b"\n")
        return json.loads(line)

    def command(self, command, **args):
        os.write(self.fd, json.dumps(
            {"execute": command, "arguments": args}).encode() + b"\n")
        while True:
            answer = self.message()
            if "error" in answer:
                raise Failure("%s: %s" % (command, answer["error"]["desc"]))
            if "return" in answer:
                return answer["return"]

    def cable(self, plugged):
        """Of the card on the wire."""
        if self.fd is None:
            self.fd = os.open(port(), os.O_RDWR)
            self.command("qmp_capabilities")
        self.command("set_link", name="n0", up=plugged)

    def trace_arcs(self):
        """From now on."""
        write_text(TRACING + "trace", "")
        write_text(TRACING + "events/vfio_mig/vmig_arc/enable", "1")

    def arcs(self):
        """[time, from, to, result, microseconds] of each."""
        return [[float(m[1])] + [int(n) for n in m.groups()[1:]]
                for m in ARC.finditer(read_text(TRACING + "trace"))]
