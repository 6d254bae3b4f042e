#!/usr/bin/env bash
# Hosts as they are: thirty bridges of containers, a VPN that takes the default route, an interface on which nothing
# works, a roam to another LAN and back.
#
#     a, m (br0 ... br29, tun0, eth0) --- lan0          lan1 --- b
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
lan lan1
hosts lan0 10.0.0 a
host m
# Bridges as docker makes them: up, with an address; half of them with a container at a port, half without a carrier.
for n in $(seq 0 29); do
    echo "link add br$n type bridge forward_delay 0"
    echo "link set br$n up"
    echo "addr add 172.17.$n.1/24 brd + dev br$n"
done | ip -n m -batch -
for n in $(seq 0 2 29); do
    echo "link add veth$n type veth peer name c$n"
    echo "link set veth$n master br$n up"
    echo "link set c$n up"
done | ip -n m -batch -
plug m lan0 eth0 10.0.0.9/24
person alice a
person mid m
ok "thirty bridges: it starts without a word" test ! -s "$work/mid.err"
tell mid "among bridges"
ok "and is heard on the LAN" await 3 event alice '.text == "among bridges"'
ok "say on such a host: 0, in time" status 0 on m "$LANCHAT" say -w 3 "to the LAN"
ok "(heard, once)" await 3 event alice '.text == "to the LAN"'

# A VPN: a TUN with the default route and one for every host of the LAN, and no multicast.
if { : <>/dev/net/tun; } 2>/dev/null && ip -n m tuntap add tun0 mode tun 2>/dev/null; then
    ip -n m link set tun0 multicast off up
    ip -n m addr add 10.8.0.2/24 dev tun0
    ip -n m route add 0.0.0.0/1 dev tun0
    ip -n m route add 128.0.0.0/1 dev tun0
    ip -n m route add default dev tun0
    tell mid "beside a VPN"
    ok "a VPN takes the default route: the LAN still hears" await 3 event alice '.text == "beside a VPN"'
    tell alice "and you?"
    ok "and is heard" await 3 event mid '.text == "and you?"'
    ok "say is sure of it" status 0 on m "$LANCHAT" say -w 3 "sure"
    ip -n m link del tun0
else
    skip "a VPN" "tunnels are not permitted here"
fi

# It goes to another LAN, where others are, and gets another address.
hosts lan1 10.0.1 b
person bob b
tell bob "said before it came"
await 3 event bob '.event == "ready"'
roam() { # LAN ADDRESS
    ip link set pmeth0 nomaster down
    ip -n m addr flush dev eth0 scope global
    ip link set pmeth0 master "$1" up
    ip -n m addr add "$2/24" brd + dev eth0
}
soon=3
[ -z "${LANCHAT_PORTABLE:-}" ] || soon=6
roam lan1 10.0.1.9
began=$(now_ms)
ok "a roam to another LAN: it is seen there" await "$soon" event bob '.event == "join" and .nick == "mid"'
echo "# after $(($(now_ms) - began)) ms, with up to a second for the carrier"
ok "and is told who is there" await 3 event mid '.event == "join" and .nick == "bob"'
tell mid "on the other LAN"
ok "it is heard there" await 3 event bob '.text == "on the other LAN"'
tell alice "while it was away"
sleep 1
roam lan0 10.0.0.10
began=$(now_ms)
ok "back with another address: what was said meanwhile comes" await "$soon" event mid '.text == "while it was away"'
echo "# after $(($(now_ms) - began)) ms, with up to a second for the carrier"
tell mid "here again"
ok "and it is heard" await 3 event alice '.text == "here again"'
ok "nobody has anything twice" test -z "$(for n in alice mid bob; do texts "$n" | sort | uniq -d; done)"
ok "nobody is told of a loss" nothing_lost
ok "no interface was complained of" lacks grep -E 'cannot|not used' "$work/mid.err"
finish
