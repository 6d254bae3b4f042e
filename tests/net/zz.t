#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
lan net
hosts net 10.0.0 h a b
hub hub h
person anna a --via 10.0.0.1
person dora a -r den --via 10.0.0.1
person emil b -r den --via 10.0.0.1
for w in 1 1 3 8; do echo "w $w"; on b "$LANCHAT" rooms -w $w --via 10.0.0.1; done
finish
