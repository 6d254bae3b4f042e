#!/usr/bin/env bash
# The TCP links of a hub in Wireshark, with the LAN that they go over in one capture: two relays, a person with --via,
# people with ncat and the tutorial's client. What the dissector makes of it is what `listen --json` heard on that LAN,
# and what `dump --read` says.
#
#     a (jack, the tutorial's tom), b (listens, --via, ncat), c (relay), h (hub), r (relay) --- lan0 (captured)
#                                                                         r --- lan1 --- x (xena)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

can_capture || skip_all "tcpdump is not permitted here"
needs tshark editcap python3 jq ncat
long="the first words of a long text,$(seq -s ' word' 250) and its last words"
lan lan0
lan lan1
hosts lan0 10.0.0 h r a b c
hosts lan1 10.0.1 x
plug r lan1 eth1 10.0.1.200/24
record tcp lan0 'udp portrange 55555-55571 or tcp port 55555'
sniffer=$pid

hub hub h
relay far r -i eth1 10.0.0.1
relay near c 10.0.0.1
listener ears b
person anna b --via 10.0.0.1
person jack a
person xena x
await 5 event jack '.event == "join" and .nick == "xena"'
line_client nora b 10.0.0.1 55555 nora
tutorial_client tom a 10.0.0.1 55555 tom
for nick in anna xena nora tom; do await 5 event ears ".event == \"join\" and .nick == \"$nick\""; done
# Pieces that come at one moment are one to who watches; and the Info column holds 4,096 octets.
sleep 0.5
people=(jack anna xena nora tom)
in_turn 0.1 10 "%s's line %d" "${people[@]}"
tell xena "$long"
sleep 0.5
tell jack "$long"
sleep 0.5
tell nora "Привет, 世界 🎉"
hang_up tom
all() { [ "$(texts ears | wc -l)" -eq 53 ]; }
ok "all is heard" await 5 all
await 5 event ears '.event == "leave" and .nick == "tom"'
ok "(captured)" recorded "$sniffer"

shown() { shark tcp -Y "$1" -T fields -e _ws.col.Info; }
ok "the hub's greeting is shown as such" test "$(shown lanchat.greeting | sort -u)" = "greeting NICK"
ok "to each of five connections" test "$(shown lanchat.greeting | wc -l)" -eq 5
ok "prefaces, too, of both ends of three" test "$(shown lanchat.preface | grep -c '^preface of [0-9a-f]\{16\}')" -eq 6
ok "frames are datagrams" test "$(shark tcp -Y 'tcp && lanchat.text' | wc -l)" -ge 53
ok "plain text is" grep -qx "plain text: nora's line 7" <(shown lanchat.plain)

# The same as dump says; what is plain text, and comes in pieces, in any order.
in_words tcp
in_fields tcp
for name in info content; do
    sed 's/; /\n/g' "$work/tcp.$name" >"$work/all.$name"
    grep -v '^plain text: ' "$work/all.$name" >"$work/frames.$name"
    grep '^plain text: ' "$work/all.$name" | sort >"$work/plain.$name"
done
ok "the Info column is what dump says, of each frame and datagram" alike frames.info frames.content
ok "of each plain text" alike plain.info plain.content
in_order() { sort -t, -s -k 1,1 -k 2,2n; }
streams ears >"$work/tcp.heard"
dissected tcp | python3 "$here/dissected.py" messages | in_order >"$work/tcp.messages"
python3 "$here/dissected.py" messages "$work/tcp.dump" | in_order >"$work/tcp.dumped"
ok "origins, numbers, nicknames and texts are those that were heard" alike tcp.heard tcp.messages
ok "dump has them, too" alike tcp.heard tcp.dumped

# The conversation: each message once, by however many ways it went.
dialogue() { conversation "$1" | sed -E 's/^[0-9:]{8} //; s/( \[(repaired|replay)\])+$//'; }
heard_by() { jq -r --arg nick "$1" 'select(.event == "message" and .nick == $nick) | "\($nick): \(.text)"' "$work/ears.out"; }
dialogue tcp >"$work/dialogue"
for nick in "${people[@]}"; do
    heard_by "$nick" >"$work/$nick.heard"
    grep "^$nick: " "$work/dialogue" >"$work/$nick.told"
    ok "the conversation has each message of $nick once, in order" alike "$nick.heard" "$nick.told"
done
ok "and nothing else" test "$(grep -cv '^[*] ' "$work/dialogue")" -eq 53
for nick in "${people[@]}"; do
    ok "it is told once that $nick came" test "$(grep -cx "\* $nick joined" "$work/dialogue")" -eq 1
done
ok "and that tom left" test "$(grep -cx '\* tom left' "$work/dialogue")" -eq 1
ok "Lua raises no error" no_lua_error tcp

# One side's view: of what went over TCP alone, of plain text alone, and from the midst of it.
only() { shark tcp -Y "$2" -w "$work/$1.pcap"; }
only links 'tcp'
dialogue links >"$work/links.told"
for nick in "${people[@]}"; do
    grep "^$nick: " "$work/links.told" >"$work/$nick.told"
    ok "TCP alone: each message of $nick once, in order" alike "$nick.heard" "$nick.told"
done
stream=$(shark tcp -Y 'lanchat.plain == "nora"' -T fields -e tcp.stream | head -1)
only plain "tcp.stream == ${stream:-none}"
dialogue plain >"$work/plain.told"
for nick in jack xena nora tom; do
    head -10 "$work/$nick.heard" >"$work/$nick.ten"
    grep "^$nick: " "$work/plain.told" | head -10 >"$work/$nick.told"
    ok "one plain-text client alone: each message of $nick once, in order" alike "$nick.ten" "$nick.told"
done
editcap "$work/tcp.pcap" "$work/late.pcap" 1-250
dialogue late >"$work/late.told"
ok "a capture that begins in the midst of it: nothing is told twice" test -z "$(grep -v '^[*]' "$work/late.told" | sort | uniq -d)"
ok "the last lines are there" grep -qx "xena: xena's line 10" "$work/late.told"
for name in links plain late; do ok "Lua raises no error ($name)" no_lua_error "$name"; done
editcap -s 120 "$work/tcp.pcap" "$work/cut.pcap"
dialogue cut >"$work/cut.told"
ok "nor where packets are cut off" no_lua_error cut
mapfile -t lost < <(awk -v n="$(shark tcp | wc -l)" 'BEGIN { srand(7); for (i = 1; i <= n; i++) if (rand() < 0.1) print i }')
editcap "$work/tcp.pcap" "$work/holes.pcap" "${lost[@]}"
dialogue holes >"$work/holes.told"
ok "nor where segments are missing" no_lua_error holes
ok "and nothing is told twice" test -z "$(grep -v '^[*]' "$work/holes.told" | grep -v 'first words' | sort | uniq -d)"
finish
