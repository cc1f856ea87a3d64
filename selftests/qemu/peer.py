# SPDX-License-Identifier: GPL-2.0-only
"""The other end of what the guests send: on host 1, behind the cards' switch."""

import os
import socket
import subprocess
import zlib

from vm import HUB, Failure, SCALE, Stream

ADDRESS = "10.98.0.1"
GUEST = "10.98.0.2"
PORT = 5001
DEVICE = "wire"                 # see init.sh


def knows(mac):
    """Sends nothing to find out where the guest is: not even who has its address."""
    subprocess.run(["ip", "neigh", "replace", GUEST, "lladdr", mac, "dev", DEVICE],
                   check=True)


def reaches(seconds):
    """Is one echo answered, the first that is sent?"""
    return not subprocess.run(
        ["ping", "-q", "-c", "1", "-W", str(seconds * SCALE), GUEST],
        stdout=subprocess.DEVNULL, check=False).returncode


class Sum:
    def __init__(self):
        self.bytes = 0
        self.value = 1

    def add(self, data):
        self.bytes += len(data)
        self.value = zlib.adler32(data, self.value)

    def __str__(self):
        return "%d sum %d" % (self.bytes, self.value)


class Transfer(Stream):
    """One connection: as many bytes go to the guest as come from it."""

    def __init__(self):
        self.data = b""
        self.closed = False
        self.sock = None
        self.sent, self.got = Sum(), Sum()
        self.owed = b""
        self.listener = socket.create_server((ADDRESS, PORT))
        HUB.add(self.listener, self.accept)

    def received(self):
        self.got.add(self.data)
        self.owed += os.urandom(len(self.data))
        self.data = b""
        self.give()

    def give(self):
        """What the socket takes; the rest waits until more has come."""
        try:
            n = self.sock.send(self.owed)
        except BlockingIOError:
            return
        except OSError as err:
            raise Failure("the transfer is broken: %s" % err) from err
        self.sent.add(self.owed[:n])
        self.owed = self.owed[n:]

    def more(self, count=65536, seconds=60):
        """Waits until that many bytes more have come."""
        wanted = self.got.bytes + count
        HUB.wait(lambda: self.got.bytes >= wanted or self.closed, seconds,
                 "%d bytes more from the guest" % count)
        if self.closed:
            raise Failure("the transfer has ended after %s" % self.got)

    def finish(self):
        """No more goes to the guest; the guest then ends its side."""
        self.owed = b""
        self.sock.shutdown(socket.SHUT_WR)
        self.received = lambda: (self.got.add(self.data),
                                 setattr(self, "data", b""))
        HUB.wait(lambda: self.closed, 60, "end of the transfer")


class Flood:
    """Echo requests, as fast as they are answered and 16 more."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["ping", "-f", "-q", "-l", "16", "-s", "1400", GUEST],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self):
        self.process.send_signal(2)
        out, _ = self.process.communicate(timeout=10 * SCALE)
        return out.strip().splitlines()[-2:]
