#!/usr/bin/env bash
# Hosts off every LAN take part through a hub: chat, say, listen, who and rooms with --via, and people with nothing but
# ncat or the tutorial's chat client. Who comes later has the history; what waits when the hub ends is flushed.
#
#     h (hub) --- net --- a, b, c         those with --via don't use net as a LAN
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3 ncat
lan net
hosts net 10.0.0 h a b c
ip -n h addr add fd00::1/64 dev eth0 nodad
ip -n c addr add fd00::4/64 dev eth0 nodad
name hub.example 10.0.0.1
via=(--via hub.example)
# So that little waits in the kernel, and much in the hub.
on h sysctl -qw net.ipv4.tcp_wmem="4096 16384 16384"
on c sysctl -qw net.ipv4.tcp_rmem="4096 16384 16384"
listener lan a

hub hub h
hub=$pid
ok "without --allow the hub says that anybody may connect" await 5 says hub.err '^lanchat: .*any(body|one)'
ok "a second one there: 1" status 1 on h "$LANCHAT" hub
ok "and names the port" says last.err '^lanchat: .*55555.*in use'
start other h "$LANCHAT" hub -l 6000 -l 10.0.0.1:6001 --allow 10.0.0.3 --allow fd00::/64
ok "on others it is welcome" await 5 listens h 6001

# With --via.
person anna a "${via[@]}"
anna=$pid
person bert b --via lanchat://10.0.0.1:55555
person cleo c --via '[fd00::1]'
listener ears b "${via[@]}"
ok "who is there is told of who comes" await 5 event anna '.event == "join" and .nick == "cleo"'
ok "who comes of who is there" await 5 event cleo '.event == "join" and .nick == "anna" and .present'
tell anna "from anna"
ok "said by one" await 5 have "from anna" bert cleo ears
tell cleo "от Клеопатры"
ok "by another, over IPv6" await 5 have $'from anna\nот Клеопатры' bert ears
ok "say ends with 0 when the hub has it" status 0 on c "$LANCHAT" say -n jack "${via[@]}" "What's up!?"
ok "and prints nothing" test ! -s "$work/last.out" -a ! -s "$work/last.err"
ok "it is heard" await 5 have $'from anna\nот Клеопатры\nWhat\'s up!?' bert ears
ok "with the same id and number by all" test \
    "$(cat "$work"/{bert,ears,anna}.out | jq -c 'select(.nick == "jack") | [.id, .seq]' | sort -u | wc -l)" -eq 1
ok "who" status 0 on c "$LANCHAT" who "${via[@]}"
ok "lists these persons" test "$(sort "$work/last.out")" = $'anna\nbert\ncleo'
person dora c -r den "${via[@]}"
person emil a -r den "${via[@]}"
tell dora "in the den"
ok "another room" await 5 has emil "in the den"
ok "rooms" status 0 on b "$LANCHAT" rooms "${via[@]}"
ok "lists them and the people there" test "$(sort "$work/last.out")" = $'den\t2\nlobby\t3'
ok "say there" status 0 on b "$LANCHAT" say -r den "${via[@]}" "to the den"
ok "is heard" await 5 event dora '.text == "to the den"'
seq -f 'a line of about fifty bytes, as people type it: %g' 2000 >"$work/many"
many() { on b "$LANCHAT" say -n many "${via[@]}" <"$work/many"; }
ok "2,000 lines" many
ok "arrive with everybody, once and in order" await 10 said "$(cat "$work/many")" many anna bert cleo ears

# With nothing but ncat, or the tutorial's client.
line_client nora b 10.0.0.1 55555 nora
ok "somebody with ncat joins" await 5 event anna '.event == "join" and .nick == "nora"'
tutorial_client tom c 10.0.0.1 55555 tom
ok "somebody with the tutorial's client joins" await 5 event anna '.event == "join" and .nick == "tom"'
ok "and sees that, in its words" says tom.out '^tom joined!'
ok "the one with ncat in others" await 5 says nora.out '^\* tom joined$'
tell nora "Привет from ncat"
ok "what he says is heard, with a time, id and number" await 5 event anna '.text == "Привет from ncat" and
    .nick == "nora" and .seq == 1 and (.id | test("^[0-9a-f]{16}$"))'
ok "by the tutorial's client in ASCII" await 5 says tom.out '^nora: .* from ncat$'
tell tom "hello from the tutorial"
ok "what that one says is heard" await 5 event anna '.text == "hello from the tutorial" and .nick == "tom"'
ok "by the one with ncat" await 5 says nora.out '^tom: hello from the tutorial$'
ok "and comes back to itself" await 5 says tom.out '^tom: hello from the tutorial$'
tell anna "Привет, 世界 🎉"
ok "what anna says is seen by the one with ncat" await 5 says nora.out '^anna: Привет, 世界 🎉$'
ok "the tutorial's client sees something of it" await 5 says tom.out '^anna: '
tell anna "and still alive?"
ok "and survives it" await 5 says tom.out '^anna: and still alive\?$'
ok "without a traceback" test ! -s "$work/tom.err"
ok "the one with ncat has not seen his own words" lacks says nora.out 'from ncat'
ok "who" status 0 on c "$LANCHAT" who "${via[@]}"
ok "lists them, too" test "$(sort "$work/last.out" | tr '\n' ' ')" = "anna bert cleo nora tom "
ok "who --json" status 0 on c "$LANCHAT" who --json "${via[@]}"
ok "as people of text" test "$(jq -r 'select(.role == "text") | .nick' "$work/last.out" | sort | tr '\n' ' ')" = "nora tom "
hang_up tom
ok "one leaves" await 5 event anna '.event == "leave" and .nick == "tom"'
ok "which the other is told" await 5 says nora.out '^\* tom left$'

# Who comes later.
listener late b -H 5 "${via[@]}"
ok "listen -H 5 has the last five" await 5 has late \
    $'a line of about fifty bytes, as people type it: 2000\nПривет from ncat\nhello from the tutorial\nПривет, 世界 🎉\nand still alive?'
ok "listen -H 1 -c 1, once for a script" status 0 on b "$LANCHAT" listen -H 1 -c 1 -w 5 "${via[@]}"
ok "(that one)" test "$(cat "$work/last.out")" = "anna: and still alive?"
ok "nobody is told of a loss" nothing_lost
ok "nothing of all this was said on the LAN" test "$(jq -r .event "$work/lan.out")" = ready

# Doors.
ok "whom --allow names may connect" status 0 on b "$LANCHAT" say --via 10.0.0.1:6000 "at the door"
ok "of a range, too" status 0 on c "$LANCHAT" say --via '[fd00::1]:6000' "at the door"
ok "who is not may not" status 1 on a "$LANCHAT" say -w 1 --via 10.0.0.1:6001 "at the door"
ok "which he is told" says last.err '^lanchat: .*10\.0\.0\.1:6001'
ok "and the hub says whom it turned away" await 5 says other.err '^lanchat: .*10\.0\.0\.2'
ok "-l with an address is there alone" status 1 on c "$LANCHAT" say -w 1 --via '[fd00::1]:6001' "at the door"

# The end: what somebody has not read yet is still his.
bytes slow c 10.0.0.1 55555 see:NICK 'say:slow\n' 'see:last' rest:1 until-closed:10
slow=$pid
await 5 event anna '.event == "join" and .nick == "slow"'
ok "(the last)" tell anna "last"
await 5 says slow.out last
ok "2,000 lines more" many
kill -TERM "$hub"
ok "SIGTERM ends the hub with 0" ends "$hub" 5 0
ok "who was slow reads on to the end" ends "$slow" 10 0
ok "and has all of it" test "$(grep '^many: ' "$work/slow.out")" = "$(sed 's/^/many: /' "$work/many")"
ok "the people with --via are told that it is gone" await 5 says anna.err '^lanchat: .*hub\.example'
ok "and stay" kill -0 "$anna"
finish
