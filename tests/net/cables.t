#!/usr/bin/env bash
# Interfaces that come, go and change while somebody chats: what works is used within a second of the kernel's notice, and
# what was said meanwhile comes.
#
#     a, b, m (eth0, br0 over eth0, docker0) --- lan0
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
hosts lan0 10.0.0 a b
host m
person anna a
person bert b
person mid m
# Where interfaces are polled that is each 3 s; a carrier is noticed up to a second late.
soon=2
[ -z "${LANCHAT_PORTABLE:-}" ] || soon=5
# back WHAT TEXT: mid is on the LAN again since $began, and is shown what anna said meanwhile, soon.
back() {
    ok "$1: what was said meanwhile comes" await "$soon" event mid ".text == \"$2\""
    echo "# after $(($(now_ms) - began)) ms"
    tell mid "$1"
    ok "$1: it is heard" await 3 event anna ".text == \"$1\""
    tell anna "after: $2"
    ok "$1: and hears" await 3 event mid ".text == \"after: $2\""
}
# meanwhile TEXT: anna says it, and all but mid have it; or mid, too, as long as he has not noticed.
meanwhile() {
    tell anna "$1"
    await 5 event bert ".text == \"$1\""
    sleep 0.5
    [ -z "${LANCHAT_PORTABLE:-}" ] || return 0
    lacks event mid ".text == \"$1\""
}

ok "(a host without a network)" meanwhile "before the network"
began=$(now_ms)
plug m lan0 eth0 10.0.0.8/24
back "a new interface" "before the network"

ip link set pmeth0 down
ok "(no carrier)" meanwhile "without a carrier"
ip link set pmeth0 up
await 3 has_carrier m eth0
began=$(now_ms)
back "carrier again" "without a carrier"

ip -n m addr flush dev eth0
ok "(no address)" meanwhile "without an address"
began=$(now_ms)
ip -n m addr add 10.0.0.88/24 brd + dev eth0
back "another address" "without an address"
heard_from() {
    on a "$LANCHAT" who --json -4 >"$work/who.out"
    event who '.nick == "mid" and (.address | startswith("10.0.0.88:"))'
}
ok "it is heard from there" await 5 heard_from

# The interface becomes the port of a bridge, which has the address now, as where virtual machines run.
ip -n m link add br0 type bridge forward_delay 0
ip -n m link set eth0 master br0
ip -n m addr flush dev eth0
ip -n m -6 addr add fe80::88/64 dev eth0 nodad # such as it keeps
ok "(the interface is a bridge's port)" meanwhile "without a bridge"
ip -n m addr add 10.0.0.99/24 brd + dev br0
began=$(now_ms)
ip -n m link set br0 up
back "a bridge" "without a bridge"
has_sockets() { on m ss -Huan | grep -q "%$1:55555"; }
not_used() { lacks has_sockets eth0; }
if [ -z "${LANCHAT_PORTABLE:-}" ]; then
    ok "the bridge is used" has_sockets br0
    ok "and its port no more" await "$soon" not_used
else
    skip "the bridge alone is used" "who polls does not know ports, and ties no socket to an interface"
fi
if can_capture; then
    record bridge pmeth0 udp
    capture=$pid
    tell mid "out by one way"
    await 3 event anna '.text == "out by one way"'
    recorded "$capture"
    in_fields bridge
    ok "what is said goes out once by each path" test "$(jq -r 'select(any(.records[]?; .text == "out by one way")) |
        .destination' "$work/bridge.dump" | sort | uniq -c | awk '{ print $1 }' | sort -u)" = 1
else
    skip "what is said goes out once by each path" "tcpdump is not permitted here"
fi

# Containers come and go.
ip -n m link add docker0 type bridge
ip -n m addr add 172.17.0.1/16 brd + dev docker0
ip -n m link set docker0 up
for n in 1 2 3 4 5; do
    ip -n m link add "veth$n" type veth peer name "c$n"
    ip -n m link set "veth$n" master docker0 up
    ip -n m link set "c$n" up
    tell mid "container $n"
done
sleep 0.5
for n in 1 2 3 4 5; do ip -n m link del "veth$n"; done
ip -n m link del docker0
tell mid "containers gone"
ok "containers come and go: talk goes on" await 3 event anna '.text == "containers gone"'
ok "all of it came" test "$(texts anna | grep -c '^container [1-5]$')" -eq 5
ok "of no interface anything was said" lacks grep -E 'cannot|not used' "$work/mid.err"
ok "nobody has anything twice" test -z "$(for n in anna bert mid; do texts "$n" | sort | uniq -d; done)"
ok "nobody is told of a loss" nothing_lost
finish
