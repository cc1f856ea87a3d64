# SPDX-License-Identifier: GPL-2.0-only
"""QEMU with a guest that draws: start, talk, migrate. Standard library only.

QEMU connects to sockets that are already listened on, and everything waits in
one place (Hub.wait): no polling, and no wait without an end.
"""

import json
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time

# Nested emulation is slow and unsteady; slower machines set a larger scale.
SCALE = float(os.environ.get("VFIO_MIG_TIME_SCALE", "1"))
ENDED = ("completed", "failed", "cancelled")
MDEV = "/sys/bus/mdev/devices"
TYPES = "/sys/class/mdev_bus/vfio_mig_vgpu/mdev_supported_types"
DEBUGFS = "/sys/kernel/debug/vfio_mig"


class Failure(Exception):
    """Something did not happen, or not in time."""


class QmpError(Failure):
    """QEMU answered a command with an error."""


class Hub:
    """All sockets of all machines; the only place where anything waits."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()

    def add(self, sock, callback):
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ, callback)

    def remove(self, sock):
        try:
            self.selector.unregister(sock)
        except (KeyError, ValueError):
            pass
        sock.close()

    def wait(self, condition, seconds, what):
        """Handles input until condition() is true; returns its value."""
        limit = time.monotonic() + seconds * SCALE
        while True:
            value = condition()
            if value:
                return value
            left = limit - time.monotonic()
            if left <= 0:
                raise Failure("no %s within %g s" % (what, seconds * SCALE))
            for key, _ in self.selector.select(left):
                key.data()

    def poll(self, condition, seconds, what):
        """wait() for what no input tells of."""
        limit = time.monotonic() + seconds * SCALE
        while not condition():
            if time.monotonic() > limit:
                raise Failure("no %s within %g s" % (what, seconds * SCALE))
            self.run_for(0.05)

    def run_for(self, seconds, until=lambda: False):
        """Handles input for a while: for reports of progress."""
        limit = time.monotonic() + seconds
        while not until() and (left := limit - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                key.data()


HUB = Hub()


class Stream:
    """One connection from QEMU."""

    def __init__(self, path):
        self.data = b""
        self.closed = False
        self.sock = None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        HUB.add(self.listener, self.accept)

    def accept(self):
        self.sock, _ = self.listener.accept()
        HUB.remove(self.listener)
        HUB.add(self.sock, self.read)

    def read(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self.close()
            return
        self.data += data
        self.received()

    def received(self):
        pass

    def send(self, data):
        if not self.sock or self.closed:
            raise Failure("QEMU is gone")
        self.sock.setblocking(True)
        self.sock.settimeout(10 * SCALE)
        try:
            self.sock.sendall(data)
        except OSError as err:
            raise Failure("QEMU is gone: %s" % err) from err
        finally:
            if not self.closed:
                self.sock.setblocking(False)

    def close(self):
        self.closed = True
        HUB.remove(self.sock or self.listener)


class Qmp(Stream):
    """Commands and events."""

    def __init__(self, path):
        super().__init__(path)
        self.events = []
        self.replies = {}
        self.greeted = False
        self.last_id = 0

    def received(self):
        *lines, self.data = self.data.split(b"\n")
        for line in lines:
            if line.strip():
                self.message(json.loads(line))

    def message(self, msg):
        if "QMP" in msg:
            self.greeted = True
        elif "event" in msg:
            msg["seen"] = time.monotonic()
            self.events.append(msg)
        else:
            self.replies[msg.get("id")] = msg

    def post(self, name, args=None):
        self.last_id += 1
        msg = {"execute": name, "id": self.last_id}
        if args:
            msg["arguments"] = args
        self.send(json.dumps(msg).encode() + b"\n")
        return self.last_id

    def command(self, name, seconds=30, **args):
        args = {key.replace("_", "-"): value for key, value in args.items()}
        number = self.post(name, args)
        HUB.wait(lambda: number in self.replies or self.closed, seconds,
                 "answer to " + name)
        if number not in self.replies:
            raise Failure("QEMU ended during " + name)
        reply = self.replies.pop(number)
        if "error" in reply:
            raise QmpError("%s: %s" % (name, reply["error"]["desc"]))
        return reply["return"]


def read_text(path):
    with open(path, encoding="ascii") as f:
        return f.read().strip()


def write_text(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


class Bochs:
    """QEMU's own emulated device: for trials, and to compare with."""

    kind = "bochs"

    def __init__(self, mib=16):
        self.mib = mib

    def args(self, index):
        return ["-device", "bochs-display,id=gpu%d,vgamem=%dM,addr=%#x"
                % (index, self.mib, index + 2)]

    def sum(self, machine, index):
        """A checksum over VRAM, as the machine's bus sees it."""
        bar = machine.bar0("gpu%d" % index)
        path = os.path.join(machine.dir, "vram")
        machine.qmp.command("pmemsave", val=bar["address"], size=bar["size"],
                            filename=path, seconds=60)
        out = subprocess.run(["cksum", path], stdout=subprocess.PIPE,
                             check=True).stdout
        os.unlink(path)
        return out.split()[0].decode()

    def regs(self):
        return ""

    def reason(self):
        return ""

    def fail_at(self, text):
        raise Failure("no fault injection in an emulated device")

    def remove(self):
        pass


class Vgpu(Bochs):
    """A virtual GPU of ours, from its creation to its removal."""

    kind = "vgpu"
    number = 0
    # "on" does without a log of the pages that the device wrote; see auto.py.
    migration = "on"

    def __init__(self, mib=16):
        super().__init__(mib)
        Vgpu.number += 1
        self.uuid = "%08x-0000-4000-8000-%012x" % (Vgpu.number, os.getpid())
        name = next((n for n in os.listdir(TYPES)
                     if n.endswith("-%d" % mib)), None)
        if not name:
            raise Failure("no type with %d MiB in %s" % (mib, TYPES))
        write_text("%s/%s/create" % (TYPES, name), self.uuid)

    def args(self, index):
        return ["-device", "vfio-pci,id=gpu%d,sysfsdev=%s/%s,display=on,"
                "enable-migration=%s,migration-events=on,addr=%#x"
                % (index, MDEV, self.uuid, self.migration, index + 2)]

    def debugfs(self, name):
        return "%s/%s/%s" % (DEBUGFS, self.uuid, name)

    def sum(self, machine, index):
        return read_text(self.debugfs("vram_crc"))

    def regs(self):
        return read_text(self.debugfs("regs"))

    def state(self):
        return read_text(self.debugfs("state"))

    def reason(self):
        return read_text(self.debugfs("reason"))

    def estimate(self, *options):
        """What vfio-mig says beforehand."""
        done = subprocess.run(["/lab/programs/vfio-mig", "--json", "estimate",
                               self.uuid] + list(options),
                              stdout=subprocess.PIPE, check=False)
        return json.loads(done.stdout)

    def fail_at(self, text):
        write_text(self.debugfs("fail_at"), text)

    def fact(self, name):
        return read_text("%s/%s/migration/%s" % (MDEV, self.uuid, name)).strip()

    def set_fact(self, name, text):
        write_text("%s/%s/migration/%s" % (MDEV, self.uuid, name), text)

    def remove(self):
        path = "%s/%s/remove" % (MDEV, self.uuid)
        if os.path.exists(path):
            write_text(path, "1")


DEVICES = {"bochs": Bochs, "vgpu": Vgpu}


class Setup:
    """What all machines of a run have in common."""

    def __init__(self, device="vgpu", programs="/lab/programs", accel=None,
                 hz=5, memory=128, qemu=None, trace=(), append=""):
        self.device = DEVICES[device]
        self.kernel = os.path.join(programs, "guest-kernel")
        self.initrd = os.path.join(programs, "guest-initramfs")
        self.accel = accel or ("kvm" if os.path.exists("/dev/kvm") else "tcg")
        self.hz = hz
        self.memory = memory
        self.qemu = qemu or "qemu-system-x86_64"
        self.trace = trace
        self.append = append

    def machine_args(self):
        return [self.qemu, "-nodefaults", "-no-user-config", "-M", "q35",
                "-accel", self.accel, "-cpu", "qemu64", "-smp", "1",
                "-m", str(self.memory), "-display", "none", "-nic", "none",
                "-kernel", self.kernel, "-initrd", self.initrd, "-append",
                "console=ttyS0 tsc=reliable mitigations=off nokaslr "
                "loglevel=4 panic=-1 video=640x480 draw=%d %s"
                % (self.hz, self.append)]


class VM:
    """One QEMU process, with its devices."""

    count = 0
    address = None      # where other hosts reach it

    def __init__(self, setup, devices, incoming=False, name=None,
                 paused=False):
        VM.count += 1
        self.name = name or "vm%d" % VM.count
        self.devices = devices
        self.dir = tempfile.mkdtemp(prefix=self.name + "-")
        self.qmp = Qmp(os.path.join(self.dir, "qmp"))
        self.serial = Stream(os.path.join(self.dir, "serial"))
        self.seen = 0
        self.gone = False
        self.waits = incoming or paused
        try:
            self.start(setup, incoming)
        except Failure as err:
            log = self.log()
            quit_all([self])
            raise Failure("%s: %s" % (err, log)) from err

    def args(self, setup, incoming):
        args = setup.machine_args() + ["-name", self.name]
        for chardev in ("qmp", "serial"):
            args += ["-chardev", "socket,id=%s,path=%s/%s"
                     % (chardev, self.dir, chardev)]
        args += ["-mon", "chardev=qmp,mode=control", "-serial",
                 "chardev:serial"]
        for index, device in enumerate(self.devices):
            args += device.args(index)
        for pattern in setup.trace:
            args += ["-trace", pattern]
        if incoming:
            args += ["-incoming", "defer"]
        # -S: what arrived is looked at before the guest goes on.
        return args + (["-S"] if self.waits else [])

    def start(self, setup, incoming):
        log_path = os.path.join(self.dir, "log")
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(
                self.args(setup, incoming), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        self.watch()
        HUB.wait(lambda: self.qmp.greeted or self.ended(), 60,
                 "greeting from QEMU")
        if not self.qmp.greeted:
            raise Failure("QEMU did not start")
        self.qmp.command("qmp_capabilities")
        self.set_capabilities(events=True, return_path=True)

    def watch(self):
        """Sees QEMU end, which it may do before it connects."""
        pidfd = os.pidfd_open(self.process.pid)

        def dead():
            HUB.selector.unregister(pidfd)
            os.close(pidfd)
            for stream in (self.qmp, self.serial):
                # What it said last is read first.
                if not stream.sock and not stream.closed:
                    stream.close()
        HUB.selector.register(pidfd, selectors.EVENT_READ, dead)

    def ended(self):
        return self.qmp.closed

    def log(self):
        with open(os.path.join(self.dir, "log"), errors="replace",
                  encoding="utf-8") as f:
            return f.read().strip()

    # The guest's console.

    def text(self):
        return self.serial.data.decode("ascii", "replace")

    def say(self, line):
        self.serial.send(line.encode() + b"\n")

    def expect(self, pattern, seconds=30):
        """Waits for a line after the last one waited for."""
        def found():
            text = self.text()
            match = re.compile(pattern, re.M).search(
                text, self.seen, text.rfind("\n") + 1)
            if not match and self.ended():
                raise Failure("QEMU ended before %r: %s"
                              % (pattern, self.log()))
            return match
        match = HUB.wait(found, seconds, "%r from %s" % (pattern, self.name))
        self.seen = match.end()
        return match

    def ask(self, line, pattern, seconds=30):
        self.skip()
        self.say(line)
        return self.expect(pattern, seconds)

    def learn(self, line, pattern, seconds=30):
        """What the groups of the pattern are in the answer."""
        return list(self.ask(line, pattern, seconds).groups())

    def skip(self):
        self.seen = len(self.text())

    def ticks_on(self, count=2, seconds=30):
        """The guest is alive: it draws some more frames."""
        self.skip()
        for _ in range(count):
            self.expect(r"^tick \d+\r?$", seconds)

    # Migration.

    def set_capabilities(self, **caps):
        self.qmp.command("migrate-set-capabilities", capabilities=[
            {"capability": name.replace("_", "-"), "state": state}
            for name, state in caps.items()])

    def set_parameters(self, **params):
        self.qmp.command("migrate-set-parameters", **params)

    def info(self):
        return self.qmp.command("query-migrate")

    def status(self):
        return self.qmp.command("query-status")["status"]

    def statuses(self, since=0):
        return [e["data"]["status"] for e in self.qmp.events[since:]
                if e["event"] == "MIGRATION"]

    def mark(self):
        return len(self.qmp.events)

    def wait_status(self, wanted, seconds=60, since=0):
        """The first of the wanted statuses since a mark()."""
        def found():
            hit = [s for s in self.statuses(since) if s in wanted]
            return hit[0] if hit else self.ended() and "ended"
        return HUB.wait(found, seconds, "migration status " + "/".join(wanted))

    def wait_event(self, name, seconds=30, since=0):
        def found():
            return next((e for e in self.qmp.events[since:]
                         if e["event"] == name), None)
        return HUB.wait(found, seconds, "event " + name)

    def device_states(self, since=0):
        """(time, device, state) of each device's own state events."""
        return [(e["seen"], e["data"]["device-id"], e["data"]["device-state"])
                for e in self.qmp.events[since:]
                if e["event"] == "VFIO_MIGRATION"]

    def listen(self, uri=None):
        uri = uri or ("tcp:%s:4444" % self.address if self.address
                      else "unix:%s/migrate" % self.dir)
        self.qmp.command("migrate-incoming", uri=uri)
        return uri

    # Looking at it.

    def bar0(self, device_id):
        for bus in self.qmp.command("query-pci"):
            for dev in bus["devices"]:
                if dev["qdev_id"] == device_id:
                    return next(r for r in dev["regions"] if r["bar"] == 0)
        raise Failure("no device " + device_id)

    def screenshot(self, path, index=0):
        self.qmp.command("screendump", filename=path, format="png",
                         device="gpu%d" % index)
        with open(path, "rb") as f:
            return f.read()

    def sums(self):
        return [d.sum(self, i) for i, d in enumerate(self.devices)]

    def regs(self):
        return [d.regs() for d in self.devices]

    def reasons(self):
        """Why devices refused, in their own words."""
        return [reason for d in self.devices if (reason := d.reason())]

    def set_on_devices(self, name, value):
        for index in range(len(self.devices)):
            self.qmp.command("qom-set", path="/machine/peripheral/gpu%d" % index,
                             property=name, value=value)

    # The end.

    def quit(self):
        """Ends QEMU, gives its devices back and reads its last output."""
        if self.gone:
            return
        self.gone = True
        try:
            if not self.ended():
                self.qmp.post("quit")
            self.reap()
        finally:
            for stream in (self.qmp, self.serial):
                if not stream.closed:
                    stream.close()
            for device in self.devices:
                device.remove()

    def reap(self):
        try:
            HUB.wait(lambda: self.qmp.closed and self.serial.closed, 20,
                     "end of QEMU")
            self.process.wait(20 * SCALE)
        except (Failure, subprocess.TimeoutExpired):
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(20 * SCALE)
            raise

    def forget(self):
        """Also removes its directory; text() and log() were looked at."""
        shutil.rmtree(self.dir, ignore_errors=True)


def boot(setup, devices, seconds=180, name=None):
    """A machine whose guest draws."""
    vm = VM(setup, devices, name=name)
    vm.expect(r"^draw: ready, (\d+) displays", seconds)
    vm.expect(r"^tick \d+\r?$", 30)
    return vm


def quit_all(vms):
    """All of them, also when one of them gives trouble."""
    for vm in vms:
        try:
            vm.quit()
            vm.forget()
        except (Failure, OSError) as err:
            print("# %s: %s" % (vm.name, err), flush=True)


def migrate(src, uri, seconds=120):
    """Starts a migration and waits for its end on the source."""
    since = src.mark()
    src.qmp.command("migrate", uri=uri)
    return src.wait_status(ENDED, seconds, since)
