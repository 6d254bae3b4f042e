#!/usr/bin/env bash
# A VPN: two hosts joined by a TUN tunnel. Where multicast crosses it, it is a LAN like any other; where it doesn't, a
# relay at one end and a hub at the other join what is behind.
#
#     l --- lan0 --- a ===tun0=== b             the tunnel goes over net, on which lanchat is not used
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs socat
{ : <>/dev/net/tun; } 2>/dev/null || skip_all "tunnels are not permitted here"
lan net
lan lan0
hosts net 10.0.0 a b
plug a lan0 eth1 192.168.1.254/24
hosts lan0 192.168.1 l
# tunnel HOST ADDRESS PEER: one end.
tunnel() {
    start "tunnel-$1" "$1" socat "UDP4-DATAGRAM:$3:1194,bind=:1194" "TUN:$2/24,tun-name=tun0,iff-up,iff-no-pi"
    await 5 on "$1" ip link show tun0 >/dev/null 2>&1
}
tunnel a 10.8.0.1 10.0.0.2
tunnel b 10.8.0.2 10.0.0.1

listener la a -i tun0
person anna a -i tun0
person bert b -i tun0
ok "multicast crosses it: who is at the other end is seen" await 10 event anna '.event == "join" and .nick == "bert"'
ok "said at one end: 0" status 0 on b "$LANCHAT" say -i tun0 -n jack "through the tunnel"
ok "heard at the other" await 5 has la "through the tunnel"
tell anna "и обратно"
ok "and the other way" await 5 has bert $'through the tunnel\nи обратно'

for n in a b; do
    drop "$n" 'iifname "tun0" ip daddr 224.0.0.0/4' 'iifname "tun0" ip6 daddr ff00::/8' 'iifname "tun0" ip daddr 10.8.0.255'
done
ok "no multicast crosses it: nobody is reached" status 1 on b "$LANCHAT" say -i tun0 -r quiet "lost"
listener ll l
hub hub b
relay relay a -i eth1 10.8.0.2
person lena l
person paul b --via 10.8.0.2
ok "a relay and a hub: seen" await 5 event paul '.event == "join" and .nick == "lena"'
tell paul "from the far end"
ok "said at the far end: heard on the LAN" await 5 has ll "from the far end"
tell lena "с этой стороны"
ok "and the other way" await 5 event paul '.text == "с этой стороны" and .nick == "lena"'
ok "say: 0" status 0 on l "$LANCHAT" say -n script "from a script"
ok "(heard)" await 5 event paul '.text == "from a script"'

# A tunnel without the flag is left out; who names the other end comes by it all the same. Over net nothing of ours goes.
for n in a b; do
    drop "$n" 'iifname "eth0" udp dport 55555-55571' 'iifname "tun0" ip daddr 224.0.0.0/4'
    ip -n "$n" link set tun0 multicast off
done
person mia b -r inside
person ned a -r inside --peer 10.8.0.2
ok "--peer inside a tunnel that is left out: seen, by who did not name him, too" await 10 event mia '.event == "join" and .nick == "ned"'
tell ned "inside the tunnel"
ok "heard" await 5 event mia '.text == "inside the tunnel"'
tell mia "and back"
ok "and the other way" await 5 event ned '.text == "and back"'
person max b -i eth0 -r chosen
ok "who chose other interfaces is not reached by it" status 1 on a "$LANCHAT" say -q -w 3 -r chosen --peer 10.8.0.2 "hidden"
finish
