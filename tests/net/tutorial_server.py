#!/usr/bin/env python3
"""A chat server as tutorials build it, for the tests: tutorial_server.py HOST PORT

It asks who comes for a nickname with the word NICK, and then hands whatever one of them sends, unchanged, to all of
them, the sender included. Nothing on the wire says where one message ends and the next begins."""

import socket
import sys
import threading


class Room:
    def __init__(self):
        self.people = {}  # socket: nickname
        self.lock = threading.Lock()

    def tell_all(self, data):
        with self.lock:
            for person in self.people:
                try:
                    person.sendall(data)
                except OSError:
                    pass  # his own thread finds out

    def enter(self, person, nickname):
        with self.lock:
            self.people[person] = nickname
        self.tell_all(f"{nickname} joined!".encode("ascii"))
        person.sendall(b"Connected to server!")

    def leave(self, person):
        with self.lock:
            nickname = self.people.pop(person)
        person.close()
        self.tell_all(f"{nickname} left!".encode("ascii"))


def serve(room, person):
    try:
        while data := person.recv(1024):
            room.tell_all(data)
    except OSError:
        pass
    room.leave(person)


def admit(room, person):
    try:
        person.sendall(b"NICK")
        nickname = person.recv(1024).decode("ascii")
        room.enter(person, nickname)
    except (OSError, UnicodeError) as error:
        print(f"not admitted: {error}", file=sys.stderr, flush=True)
        person.close()
        return
    print(f"admitted: {nickname}", flush=True)
    threading.Thread(target=serve, args=(room, person), daemon=True).start()


def main():
    room = Room()
    with socket.create_server((sys.argv[1], int(sys.argv[2]))) as door:
        while True:
            person, _ = door.accept()
            admit(room, person)


main()
