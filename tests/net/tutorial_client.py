#!/usr/bin/env python3
"""A chat client as tutorials build it, for the tests: tutorial_client.py HOST PORT NICKNAME

One thread prints what comes, and answers the word NICK with the nickname; the other sends what is typed. They know
nothing of each other, nothing on the wire says where a message ends, and what is not ASCII kills the first."""

import os
import socket
import sys
import threading


def receive(server, nickname):
    while data := server.recv(1024):
        message = data.decode("ascii")
        if message == "NICK":
            server.sendall(nickname.encode("ascii"))
        else:
            print(message, flush=True)
    print("the server has closed the connection", file=sys.stderr, flush=True)
    os._exit(1)


def send(server, nickname):
    for line in sys.stdin:
        server.sendall(f"{nickname}: {line.rstrip()}".encode("ascii"))


def main():
    host, port, nickname = sys.argv[1:]
    server = socket.create_connection((host, int(port)))
    threads = [threading.Thread(target=work, args=(server, nickname)) for work in (receive, send)]
    for thread in threads:
        thread.start()
    threads[1].join()
    os._exit(0)


main()
