#!/usr/bin/env bash
# --peer: two LANs with a router between them that carries no multicast.
#
#     a --- lan0 --- router --- lan1 --- b (two lanchats), c
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

routed_lans
routed 0 a d
routed 1 b c
name b.example 10.0.1.1

listener far b
person bert b
person carl c
ok "without --peer nobody is reached" status 1 on a "$LANCHAT" say -q "lost"
began=$(now_ms)
person anna a --peer b.example
ok "with it, by name: who is at the host is seen" await 2 event anna '.event == "join" and .nick == "bert"'
echo "# after $(($(now_ms) - began)) ms"
tell anna "over the router"
ok "both lanchats of the host hear" await 3 event bert '.text == "over the router"'
ok "(the other)" await 3 event far '.text == "over the router"'
tell bert "back to you"
ok "and are heard by who named them" await 3 event anna '.text == "back to you"'
ok "each is seen once" await 3 event bert '.event == "join" and .nick == "anna"'
ok "say --peer: 0" status 0 on d "$LANCHAT" say --peer 10.0.1.1 -n dora "from a script"
ok "heard by both" await 3 event far '.text == "from a script"'
ok "(the other)" await 3 event bert '.text == "from a script"'
ok "over IPv6, with a port" status 0 on d "$LANCHAT" say --peer '[fd00:0:0:1::1]:55557' -n dora "by IPv6"
ok "heard" await 3 event bert '.text == "by IPv6"'
ok "who --peer: who is there" status 0 on d "$LANCHAT" who --json --peer 10.0.1.1
ok "by unicast" event last '.nick == "bert" and .path == "unicast"'

# On a LAN that one may hear, --peer changes nothing.
person eve c --peer b.example
tell eve "next door"
ok "a peer on the same LAN" await 3 event bert '.text == "next door"'
tell bert "I hear you"
ok "and back" await 3 event eve '.text == "I hear you"'

# A relay is a bridge: what is said to it on its LAN goes to who is named.
start relay d "$LANCHAT" relay --peer 10.0.1.1
person gil d
ok "relay --peer: the LAN behind it is seen" await 5 event bert '.event == "join" and .nick == "gil"'
tell gil "through the relay"
ok "and heard" await 3 event bert '.text == "through the relay"'

# Named more than once, and what is no host.
routed 0 e
person hank e --peer 10.0.1.1 --peer b.example --peer 10.0.1.1:55556 --peer 239.255.67.72 --peer '[ff02::1%eth0]'
ok "named three times: who is there is seen" await 5 event hank '.event == "join" and .nick == "bert"'
tell hank "for all three names"
ok "heard" await 3 event bert '.text == "for all three names"'
tell bert "to you alone"
ok "and answered" await 3 event hank '.text == "to you alone"'
if can_capture; then
    sleep 2
    record named pbeth0 udp and src host 10.0.0.3
    sniffer=$pid
    sleep 4
    recorded "$sniffer"
    # Of the three names one looks for more lanchats there, at a port each second; these two were found.
    tried=$(tcpdump -nn -r "$work/named.pcap" 2>/dev/null | grep -cvE '> 10\.0\.1\.1\.5555[67]:')
    ok "it is not looked for by the other names any more" test "$tried" -le 6 -a "$(datagrams named .)" -gt "$tried"
    echo "# $(datagrams named .) datagrams in 4 s, $tried to look for others"
fi
ok "a group is no host" says hank.err '^lanchat: 239.255.67.72: not the address of a host'
ok "nor is an IPv6 group" says hank.err '^lanchat: ff02::1%eth0: not the address of a host'
ok "who is no LAN's last port may be named" status 1 on d "$LANCHAT" say -q -p 65535 --peer 10.0.1.1 "nobody"
ok "a broadcast address is no host" status 1 on d "$LANCHAT" say -p 55600 -w 1 --peer 10.0.0.255 "nobody"
ok "(that is said)" says last.err '^lanchat: 10.0.0.255: not the address of a host'

ip -n e route del default via 10.0.0.254
tell hank "no way there"
ok "no route: said with its cause" await 3 says hank.err '^lanchat: 10.0.1.1: cannot send: .*\(is the network up\?\)'
ip -n e route add default via 10.0.0.254
ok "when it works again that is said" await 8 says hank.err '^lanchat: 10.0.1.1: sending again'
ok "and what was said comes" await 3 event bert '.text == "no way there"'

ok "--peer without a host" status 2 "$LANCHAT" say --peer :55556 x
ok "--peer with a scheme" status 2 "$LANCHAT" say --peer nick://x x
ok "nothing is lost" nothing_lost
ok "nobody has anything twice" test -z "$(for n in anna bert far; do texts "$n" | sort | uniq -d; done)"
finish
