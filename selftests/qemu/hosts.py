# SPDX-License-Identifier: GPL-2.0-only
"""Machines on another host: host 2 runs an agent, host 1 tells it what to do.

Requests and answers are lines of JSON on one TCP connection.
"""

import base64
import json
import os
import socket
import time

import vm as lab
from vm import HUB, Failure

PORT = 4443
ADDRESS = {1: "10.99.0.1", 2: "10.99.0.2"}


def this_host():
    return int(os.environ.get("LAB_HOST", "1"))


def two_hosts():
    """Is this one of two joined lab machines?"""
    return os.path.exists("/lab/two-hosts")


class Link(lab.Stream):
    """Lines of JSON, each way."""

    def __init__(self, sock):
        self.data = b""
        self.closed = False
        self.messages = []
        self.sock = sock
        HUB.add(sock, self.read)

    def received(self):
        *lines, self.data = self.data.split(b"\n")
        self.messages += map(json.loads, lines)

    def post(self, msg):
        self.send(json.dumps(msg).encode() + b"\n")

    def next(self, seconds, what):
        HUB.wait(lambda: self.messages or self.closed, seconds, what)
        if not self.messages:
            raise Failure("the other host is gone: no " + what)
        return self.messages.pop(0)


def pack(value):
    """What an answer can carry; None for the rest."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    try:
        json.dumps(value)
    except TypeError:
        return None
    return value


def unpack(value):
    if isinstance(value, dict) and set(value) == {"base64"}:
        return base64.b64decode(value["base64"])
    return value


class Proxy:
    """A method of a machine on the other host, by its path; without a number,
    of the host itself."""

    def __init__(self, link, number=None, path=()):
        self.link, self.number, self.path = link, number, path

    def __getattr__(self, name):
        return Proxy(self.link, self.number, self.path + (name,))

    def __call__(self, *args, **kwargs):
        return call(self.link, {"vm": self.number, "path": self.path,
                                "args": args, "kwargs": kwargs})


class RemoteVM(Proxy):
    """Looks like a VM; it runs on host 2."""

    def __init__(self, link, gpus, mib, incoming, name):
        made = call(link, {"new": {"gpus": gpus, "mib": mib,
                                   "incoming": incoming, "name": name}})
        super().__init__(link, made["vm"])
        self.name = made["name"]
        self.dir = made["dir"]
        self.devices = [None] * gpus


def call(link, request, seconds=300):
    link.post(request)
    what = str(request.get("path") or list(request)[0])
    answer = link.next(seconds, "answer to " + what)
    if "error" in answer:
        raise Failure("host 2: " + answer["error"])
    return unpack(answer["value"])


def connect(seconds=120):
    """Host 1: the link to the agent, which may not have booted yet."""
    limit = time.monotonic() + seconds * lab.SCALE
    while True:
        try:
            return Link(socket.create_connection((ADDRESS[2], PORT), 5))
        except OSError as err:
            if time.monotonic() > limit:
                raise Failure("host 2 does not answer: %s" % err) from err
        # Refused at once: look again in a while.
        HUB.run_for(0.3)


def clock_offset(link):
    """What to add to host 2's clock to get ours; good to half a round trip."""
    start = time.monotonic()
    theirs = call(link, {"clock": True})
    return (start + time.monotonic()) / 2 - theirs


class Agent:
    """Host 2: does what it is told until the link ends."""

    def __init__(self, setup, host=None):
        self.setup = setup
        self.host = host
        self.vms = []

    def serve(self, seconds):
        with socket.create_server((ADDRESS[2], PORT)) as server:
            server.settimeout(120 * lab.SCALE)
            link = Link(server.accept()[0])
        limit = time.monotonic() + seconds
        try:
            while not link.closed or link.messages:
                left = max(limit - time.monotonic(), 0)
                HUB.wait(lambda: link.messages or link.closed, left,
                         "word from host 1")
                if link.messages:
                    link.post(self.answer(link.messages.pop(0)))
        finally:
            lab.quit_all(self.vms)

    def answer(self, request):
        try:
            return {"value": pack(self.do(request))}
        except (Failure, OSError) as err:
            return {"error": str(err)}

    def do(self, request):
        if "clock" in request:
            return time.monotonic()
        if "new" in request:
            return self.new(**request["new"])
        number = request["vm"]
        target = self.host if number is None else self.vms[number]
        for name in request["path"]:
            target = getattr(target, name)
        return target(*request["args"], **request["kwargs"])

    def new(self, gpus, mib, incoming, name):
        devices = [self.setup.device(mib) for _ in range(gpus)]
        machine = lab.VM(self.setup, devices, incoming, name=name)
        machine.address = ADDRESS[2]
        self.vms.append(machine)
        return {"vm": len(self.vms) - 1, "name": machine.name,
                "dir": machine.dir}
