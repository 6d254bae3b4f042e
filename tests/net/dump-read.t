#!/usr/bin/env bash
# dump --read: a capture holds what was heard; a hub's connections, too.
#
#     a --- lan0 (captured) --- b, w (watched live)        h: a hub, with b and a plain-text client at it
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs jq tcpdump ncat
can_capture || skip_all "tcpdump is not permitted here"
lan lan0
hosts lan0 10.0.0 a b w h
record lan lan0
recording=$pid
record short lan0 -s 90
read_file() { "$LANCHAT" dump --read "$work/lan.pcap" "$@"; }

start live w "$LANCHAT" dump --json -x
live=$pid
listens_on() { [ "$(on w ss -Huanp | grep -c "\"lanchat\",pid=$1,")" -eq 2 ]; }
await 5 listens_on "$live"
person jack a
person molly b
tell jack "What's up!?"
tell molly "Not much"
await 5 event jack '.text == "Not much"'
hub hub h
person far b --via 10.0.0.4
line_client old a 10.0.0.4 55555 eve
tell old "by hand"
await 5 event far '.text == "by hand"'
tell jack "the end"
await 5 event molly '.text == "the end"'
sleep 0.5
kill -TERM "$live"
ends "$live" 5 0
sleep 0.2
kill -TERM "$recording"
ends "$recording" 5 0

# Frame by frame: who sent which bytes where. The capture has more after the watcher has ended.
datagrams_of() { jq -c 'select(.event == "datagram" and .path != "link" and .path != "unicast") |
    [(.source | gsub("%eth0"; "")), .destination, .bytes]' "$@" | sort; }
datagrams_of "$work/live.out" >"$work/live.set"
read_file --json -x >"$work/read.json"
datagrams_of "$work/read.json" >"$work/read.set"
ok "much was heard" test "$(wc -l <"$work/live.set")" -gt 10
ok "all of it is in the capture" test -z "$(comm -23 "$work/live.set" "$work/read.set")"
ok "a line for each" status 0 read_file
ok "of them" test "$(wc -l <"$work/last.out")" -eq "$(wc -l <"$work/read.json")"
ok "a message" says last.out '10\.0\.0\.1:55556 message\S*  jack: What.s up!\?'
ok "over IPv6, too" says last.out '\[fe80::[0-9a-f:]+\]:55556 \S*hello\S*  .*hello from jack'
ok "a greeting" says last.out ' 10\.0\.0\.4:55555 greeting  greeting NICK'
ok "a preface from both ends" test "$(grep -c ' preface  preface of [0-9a-f]\{16\}$' "$work/last.out")" -eq 2
ok "frames" says last.out ' 10\.0\.0\.2:[0-9]+ \S*hello\S*  .*hello from far'
ok "plain text" says last.out ' 10\.0\.0\.1:[0-9]+ text  plain text: by hand$'
ok "and it is forwarded" says last.out ' 10\.0\.0\.4:55555 \S*message\S*  .*eve: by hand'
ok "no warning" test ! -s "$work/last.err"
ok "all lines of JSON are valid" jq -es 'any(.[]; .event == "preface" and (.id | length) == 16) and
    any(.[]; .event == "text" and .text == "by hand") and any(.[]; .event == "greeting" and .bytes == "4e49434b")' "$work/read.json"

# How it ends, and what is wrong.
ok "-c ends it" status 0 read_file -c 3
ok "after so many" test "$(wc -l <"$work/last.out")" -eq 3
read_pipe() { cat "$work/lan.pcap" | "$LANCHAT" dump --json -x --read -; }
ok "standard input is read, too" cmp -s <(read_pipe) "$work/read.json"
head -c 2000 "$work/lan.pcap" >"$work/cut.pcap"
ok "a file that ends too early: 1" status 1 "$LANCHAT" dump --read "$work/cut.pcap"
ok "where, why" says last.err '^lanchat: .*/cut\.pcap: .* \(at octet [0-9]+\)$'
ok "after what it holds" test -s "$work/last.out"
ok "no capture: 1" status 1 "$LANCHAT" dump --read "$0"
ok "it says so" says last.err '^lanchat: .*dump-read\.t: '
ok "one line" test "$(wc -l <"$work/last.err")" -eq 1
ok "no file: 1" status 1 "$LANCHAT" dump --read "$work/nosuch"
ok "and why" says last.err '^lanchat: .*/nosuch: No such file or directory$'
ok "a folder: 1" status 1 "$LANCHAT" dump --read "$work"
ok "a capture without the ends of packets" status 0 "$LANCHAT" dump --read "$work/short.pcap"
ok "says what is missing" says last.out ' malformed at [0-9]+: .* \([0-9]+ octets more are not in the capture\)$'
ok "and how to have it" says last.err 'packets without their end \(.*tcpdump -s 0\): [0-9]+$'
finish
