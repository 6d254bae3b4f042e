#!/usr/bin/env python3
"""A TCP client that is told byte for byte what to do, for the tests: bytes_client.py HOST PORT STEP...

    say:TEXT     sends these bytes at once; Python's escapes are known, other characters go as UTF-8
    keys:TEXT    sends them one at a time
    see:TEXT     waits until these bytes have come since the last that was seen (10 s, else it ends with 1)
    file:NAME    sends that file; ends quietly if the server has had enough
    rest:N       does nothing for N seconds, and reads nothing
    end:         ends its direction (FIN)
    until-closed:N  waits for the server to close (N seconds, else it ends with 1)

All that comes is written to standard output as it is."""

import socket
import sys
import time


class Closed(Exception):
    pass


class Client:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unseen = b""

    def read(self, until):
        self.socket.settimeout(max(0.001, until - time.monotonic()))
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        finally:
            self.socket.settimeout(None)
        if not data:
            raise Closed
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        self.unseen += data

    def say(self, data):
        self.socket.sendall(data)

    def keys(self, data):
        for place in range(len(data)):
            self.socket.sendall(data[place : place + 1])
            time.sleep(0.02)

    def see(self, data):
        until = time.monotonic() + 10
        while data not in self.unseen:
            self.read(until)
        self.unseen = self.unseen.split(data, 1)[1]

    def file(self, name):
        with open(name, "rb") as source:
            try:
                self.socket.sendall(source.read())
            except OSError:
                pass

    def rest(self, seconds):
        time.sleep(float(seconds))

    def end(self, _):
        self.socket.shutdown(socket.SHUT_WR)

    def until_closed(self, seconds):
        until = time.monotonic() + float(seconds)
        try:
            while True:
                self.read(until)
        except Closed:
            pass


def raw(text):
    """The bytes of a text with escapes; what is not ASCII goes as UTF-8."""
    return text.encode("utf-8").decode("unicode_escape").encode("latin-1")


def main():
    client = Client(sys.argv[1], int(sys.argv[2]))
    for step in sys.argv[3:]:
        verb, _, rest = step.partition(":")
        method = getattr(client, verb.replace("-", "_"))
        try:
            method(raw(rest) if verb in ("say", "keys", "see") else rest)
        except (OSError, Closed) as error:
            sys.exit(f"{step}: {error or 'the server has closed the connection'}")


main()
