#!/usr/bin/env python3
"""A network that cuts and glues, for the tests: cutter.py PORT HOST PORT cut|glue

Takes one connection after another on a port of this host and passes it on to HOST; what HOST sends comes either a byte
at a time, or all of half a second in one piece."""

import select
import socket
import sys
import threading
import time


def cut(source, sink):
    while data := source.recv(65536):
        for place in range(len(data)):
            sink.sendall(data[place : place + 1])
            time.sleep(0.002)


def glue(source, sink):
    while data := source.recv(65536):
        until = time.monotonic() + 0.5
        while (left := until - time.monotonic()) > 0:
            if select.select([source], [], [], left)[0]:
                data += (more := source.recv(65536))
                if not more:
                    break
        sink.sendall(data)


def copy(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)


def carry(method, source, sink):
    try:
        method(source, sink)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    method = {"cut": cut, "glue": glue}[sys.argv[4]]
    with socket.create_server(("", int(sys.argv[1]))) as door:
        while True:
            client, _ = door.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.create_connection((sys.argv[2], int(sys.argv[3])))
            threading.Thread(target=carry, args=(method, server, client), daemon=True).start()
            threading.Thread(target=carry, args=(copy, client, server), daemon=True).start()


main()
