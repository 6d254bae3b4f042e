#!/usr/bin/env bash
# Something on the LAN that sends back to it what is sent to all, as some access points and bridges do: nobody takes it
# for somebody, nobody sees anything twice.
#
#     a, b, alone (on lan1), and a reflector on each --- lan0, lan1
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3
lan lan0
lan lan1
hosts lan0 10.0.0 a b mirror
hosts lan1 10.0.1 alone mirror1
# Linux drops what comes by IPv4 from an address of its own; others don't.
for n in a b alone; do on "$n" sysctl -qw net.ipv4.conf.all.accept_local=1 net.ipv4.conf.eth0.accept_local=1; done
# reflector NAME HOST: for a minute at most.
reflector() {
    start "$1" "$2" python3 "$here/reflector.py" eth0 5000 60
    await 5 says "$1.out" ready
}
# twice NAME PATH: dump has had the same datagram by that path as it went out, and as it came back.
twice() {
    jq -es --arg path "$2" 'map(select(.path == $path and .event == "datagram")) | group_by([.sender, .counter]) |
        any(length == 2)' "$work/$1.out" >/dev/null 2>&1
}
reflector mirror mirror
reflector mirror1 mirror1
has_reflected() { [ "$(grep -c reflected "$work/$1.out")" -ge "$2" ]; }

has_socket() { [ "$(on "$1" ss -Huan 'sport = :55555' | wc -l)" -ge 2 ]; }

person anna a
person bert b
ok "they see each other" await 5 event anna '.event == "join" and .nick == "bert"'
for n in 1 2 3 4 5; do
    tell anna "from anna $n"
    tell bert "from bert $n"
    sleep 0.1
done
ok "(it reflects)" await 5 has_reflected mirror 20
five() { seq -f "from $1 %g" 5; }
all_said() { said "$(five bert)" bert anna && said "$(five anna)" anna bert; }
ok "each sees the words of the other once, in order" await 5 all_said
ok "what was said by say is with everybody" status 0 on a "$LANCHAT" say -n carl "from a script"
ok "(heard)" await 5 event bert '.text == "from a script"'
tell anna "the end"
ok "(heard)" await 5 event bert '.text == "the end"'
ok "nobody sees own words" test -z "$(said_by anna anna; said_by bert bert)"
ok "nobody is there twice" test "$(on b "$LANCHAT" who | sort | tr '\n' ' ')" = "anna bert "
own_id() { jq -r 'select(.event == "ready") | .id' "$work/$1.out"; }
ok "each has one id, and keeps it" test "$(ids_of bert anna) $(ids_of anna bert)" = "$(own_id anna) $(own_id bert)"
ok "nobody joined or left but once" test "$(jq -r 'select(.event == "join" or .event == "leave") | .event' \
    "$work"/{anna,bert}.out | sort | uniq -c | tr -s ' \n' ' ')" = " 2 join "

start dump alone "$LANCHAT" dump --json
await 5 has_socket alone
ok "say alone with a reflector: 1" status 1 on alone "$LANCHAT" say "anybody?"
ok "because nobody is there" says last.err '^lanchat: say: nobody is in room lobby'
ok "(it came back by IPv4)" await 5 twice dump group4
ok "(and by IPv6)" await 5 twice dump group6
ok "who alone: nobody" test -z "$(on alone "$LANCHAT" who)"
ok "nothing is lost" nothing_lost anna bert
finish
