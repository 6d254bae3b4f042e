#!/usr/bin/env python3
"""What tshark and `lanchat dump --read` say of one capture, for the tests. Standard input is what
`tshark -T json --no-duplicate-keys` prints, DUMP what `lanchat dump --read --json` does.

    dissected.py messages             each message once, as [id, number, nickname, text], its parts joined
    dissected.py messages DUMP        likewise, from what dump says
    dissected.py agree DUMP           compares all fields of all datagrams; says where they differ, and ends with 1 then
"""

import json
import sys

# Filters of the dissector, by dump's names of the fields; where it depends on the record or the item, by both.
FILTERS = {
    "number": "seq",
    "clock": "time",
    "tag": "room",
    "interval_ms": "interval",
}


def listed(value):
    return value if isinstance(value, list) else [value]


def walk(tree):
    """All fields below a tree of tshark's, in order: (name, value)."""
    for name, value in tree.items():
        for one in listed(value):
            if isinstance(one, dict):
                yield from walk(one)
            else:
                yield name, one
