#!/usr/bin/env bash
# What access points and switches do to multicast, one after the other: from the first message said after the fault to its
# display at most 3 seconds, without an option.
#
#     a --- lan0 --- b            each case has hosts of its own
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
# Told by a host's own filter (drop), on the way in, as the network would on the way.
n=0
# pair NAME: two hosts, aN and bN, in a room of their own, with a person on each, who see each other.
pair() {
    n=$((n + 1))
    hosts lan0 10.0.0 "a$n" "b$n"
    person "alice$n" "a$n" -r "$1"
    person "bob$n" "b$n" -r "$1"
    await 5 event "alice$n" '.event == "join" and .nick == "bob'"$n"'"'
}
# shows NAME TEXT: how long until it is displayed, at most 3 s.
shows() {
    local began took
    began=$(now_ms)
    await 4 event "$1" ".text == \"$2\"" || return 1
    took=$(($(now_ms) - began))
    echo "# $took ms"
    [ "$took" -le 3000 ]
}
# fault WHAT HOSTS MATCH...: said by alice after the fault, and answered by bob. It is at both hosts, or at alice's alone.
fault() {
    local host
    ok "($1: they know each other)" pair "room$n"
    for host in $2; do drop "$host$n" "${@:3}"; done
    tell "alice$n" "anybody?"
    ok "$1: heard" shows "bob$n" "anybody?"
    tell "bob$n" "here"
    ok "$1: answered" shows "alice$n" "here"
}
mc4='ip daddr 224.0.0.0/4 ip daddr != 224.0.0.0/24'
mc6='ip6 daddr ff12::/16'
fault "an access point that drops 224/4 except 224.0.0.x" "a b" "$mc4"
fault "a mesh that drops ff12:: but not ff02::1, and 224/4" "a b" "$mc4" "$mc6"
all=('ip daddr 224.0.0.0/4' 'ip6 daddr ff00::/8 udp dport 55555')
fault "one that drops all multicast but passes broadcast" "a b" "${all[@]}"
fault "multicast that passes one way only" a "${all[@]}"
deaf=("${all[@]}" 'ip daddr 10.0.0.255')
fault "no multicast and no broadcast one way" a "${deaf[@]}"
fault "unicast alone, both ways, between who knew each other" "a b" "${deaf[@]}"
fault "IPv4 broken" "a b" "meta nfproto ipv4 udp dport 55555-55571"
fault "IPv6 broken" "a b" "meta nfproto ipv6 udp dport 55555-55571"

# One of five, the others being well: what is said goes out on a path that reaches him, too.
hosts lan0 10.0.0 p q r s t
five=(p q r s t)
for n in "${five[@]}"; do person "$n" "$n" -r five; done
ok "(five see each other)" await 5 see_others 4 "${five[@]}"
drop t "${all[@]}"
tell p "all of you?"
ok "one of five hears no multicast: heard" shows t "all of you?"
ok "and by the others" await 3 event s '.text == "all of you?"'
tell t "I am"
ok "and answers: heard" shows p "I am"
for n in 1 2 3 4 5; do tell q "line $n"; done
ok "as is what follows" shows t "line 5"

# The same where the fault was there before they came.
hosts lan0 10.0.0 c d
drop c "${all[@]}"
drop d "${all[@]}"
person carl c -r late
person dora d -r late
tell carl "from the start"
ok "no multicast from the start: heard" shows dora "from the start"
by_broadcast() {
    tell dora "I say hello, too" # what answers who comes by unicast
    on c "$LANCHAT" who --json -r late >"$work/who.out" 2>/dev/null
    event who '.nick == "dora" and .path == "broadcast"'
}
ok "who says by which path" await 5 by_broadcast

# One hears nothing that is sent to all, from the start: he is found by what he says himself.
hosts lan0 10.0.0 e f
drop e "${deaf[@]}"
person eve e -r deaf
person fred f -r deaf
tell eve "who hears me?"
ok "one who is deaf to all but unicast, from the start: heard" shows fred "who hears me?"
tell fred "I do"
ok "and hears" shows eve "I do"
by_unicast() {
    tell fred "I say hello, too"
    on e "$LANCHAT" who --json -r deaf >"$work/who.out" 2>/dev/null
    event who '.nick == "fred" and .path == "unicast"'
}
ok "who says by which path" await 5 by_unicast
ok "nothing is lost" nothing_lost
finish
