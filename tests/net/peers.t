#!/usr/bin/env bash
# --peer where it is not easy: both ends name each other, a name gets another address, nobody is there, the port is the
# wrong one; by IPv4 and by IPv6.
#
#     a, f --- lan0 --- router --- lan1 --- b, c (several lanchats), d (soon dead), e (none)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

routed_lans
routed 0 a f
routed 1 b c d e

sees() { event "$1" ".event == \"join\" and .nick == \"$2\""; }
hears() { event "$1" ".text == \"$2\""; }
# talk WHAT NAME NAME: both hear each other.
talk() {
    tell "$2" "$1, said by $2"
    ok "$1: heard" await 5 hears "$3" "$1, said by $2"
    tell "$3" "$1, said by $3"
    ok "$1: and the other way" await 5 hears "$2" "$1, said by $3"
}
# What takes its time is begun here, and looked at below.
name move.example 10.0.1.3
person old d -r moves
old=$pid
person far_off f -r moves --peer move.example
ok "a host by name: seen" await 15 sees far_off old
talk "by name" far_off old
kill -KILL "$old"
ends "$old" 5 137
person new c -r moves
name move.example 10.0.1.2
moved=$SECONDS
person nobody f -r nobody --peer 10.0.1.4
person wrong f -r wrong --peer 10.0.1.1:40000
person unknown f -r unknown --peer late.example

# Several lanchats at both ends, and both ends name each other.
name b.example 10.0.1.1
listener far b
person bert b --peer 10.0.0.1
listener near a
person anna a --peer b.example
ok "both name each other: seen" await 15 sees anna bert
ok "(the other way)" await 15 sees bert anna
talk "both named" anna bert
ok "by the other lanchat at that end, too" await 5 hears far "both named, said by anna"
ok "at both ends" await 5 hears near "both named, said by bert"

# The same by IPv6.
person sixt b -r six --peer fd00::1
person sixa a -r six --peer '[fd00:0:0:1::1]'
ok "IPv6: seen" await 15 sees sixa sixt
ok "(the other way)" await 15 sees sixt sixa
talk "by IPv6" sixa sixt
on a "$LANCHAT" who --json -r six --peer fd00:0:0:1::1 -w 1 >"$work/who.out"
ok "(who says so)" event who '.nick == "sixt" and (.address | startswith("[fd00:0:0:1::1]:"))'

# The other end has several lanchats, of which one has a port of its own.
person paul c -r port
port=$(on c ss -Huanp "sport >= :55556" | grep -o '0.0.0.0:555[0-9]*' | sort -u | tail -1)
ok "with the port of one lanchat" status 0 on a "$LANCHAT" say --peer "10.0.1.2:${port##*:}" -r port "by port"
ok "heard" await 5 hears paul "by port"

ok "a name that is not known: it is said" await 5 says unknown.err '^lanchat: late\.example: .*; trying again$'
person late b -r unknown
name late.example 10.0.1.1
ok "and looked up again: seen" await 25 sees unknown late
talk "a name that came late" unknown late
sleep 10 # of the 20 that it takes
ok "nobody is there: it is said, with what to look for" await 30 says nobody.err \
    '^lanchat: 10\.0\.1\.4: nobody answers \(is lanchat running there, and UDP 55556 to 55571 let in\?\)$'
ok "the wrong port, likewise" await 10 says wrong.err \
    '^lanchat: 10\.0\.1\.1: nobody answers \(is lanchat running there, and UDP 40000 let in\?\)$'
left=$((28 - SECONDS + moved))
[ "$left" -le 0 ] || sleep "$left"
ok "the name has moved to another host: looked up again, and seen" await $((60 - SECONDS + moved)) sees far_off new
talk "by the new address" far_off new
ok "each is said once" test "$(cat "$work"/{nobody,wrong,unknown}.err | wc -l)" -eq 3
ok "nobody has anything twice" test -z "$(for n in anna bert sixa sixt far near far_off; do texts "$n" | sort | uniq -d; done)"
finish
