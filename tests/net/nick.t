#!/usr/bin/env bash
# A relay takes part in a tutorial's chat server: what is said on its LAN goes there, what is said there comes under its
# speaker's nickname, and nothing comes back, wherever the stream is cut or glued. Relays of two sites at one server make
# no loop, whether the sites are joined by a hub besides or not.
#
#     a, r0 (relay), q0 --- lan0 --- router ---.            .--- edge (static NAT) --- h (hub, later)
#                                               > world ---<
#     b, r1 (relay), q1 --- lan1 --- router ---'            '--- p (the tutorial's server and a client)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3
two_sites
host p
plug p world eth0 198.51.100.50/24
name chat.example 198.51.100.50
tutorial_server server p 5000
tutorial_client tina p chat.example 5000 tina
listener on0 a
person anna a
# seen TEXT: how often the client has seen it; there are no lines on the wire.
seen() { tr -d '\n' <"$work/tina.out" | grep -oF -- "$1" | wc -l; }
once() { [ "$(seen "$1")" -eq 1 ]; }
# shown NAME NICK TEXT: somebody has been shown that, once. Nicknames of which there are two have four digits, too.
shown() {
    [ "$(jq -r --arg text "$3" 'select(.event == "message" and .text == $text) | .nick' "$work/$1.out" |
        sed -E 's/~[0-9a-f]{4}$//')" = "$2" ]
}

ok "relay to it as to a hub: 1" status 1 on r0 "$LANCHAT" relay chat.example:5000
ok "and says what to do" says last.err '^lanchat: chat\.example:5000: not a lanchat hub .*nick://chat\.example:5000'
ok "without staying there" test "$(seen 'joined!')" -le 2

relay text0 r0 nick://chat.example:5000
text0=$pid
ok "as what it is: it joins there" await 5 once "lanchat joined!"
tell anna "hello, tutorial"
old_at=$((SECONDS + 12))
ok "said on the LAN: seen there" await 5 once "anna: hello, tutorial"
tell tina "hello, LAN"
ok "said there: shown on the LAN, under that nickname" await 5 shown on0 tina "hello, LAN"
ok "who speaks there is listed" test "$(on a "$LANCHAT" who -w 2 | sort | tr '\n' ' ')" = "anna tina "
tell anna "Привет, 世界 🎉"
tell anna "that was not ASCII"
ok "what is not ASCII does no harm there" await 5 once "anna: that was not ASCII"
ok "without a traceback" test ! -s "$work/tina.err"
seq -f 'quick line %g;' 20 >"$work/quick.in"
start quick a "$LANCHAT" say -n quick -w 10
ok "twenty lines at once: said" ends "$pid" 12 0
in_order() { [ "$(tr -d '\n' <"$work/tina.out" | grep -oE 'quick: quick line [0-9]+;')" = "$(sed 's/^/quick: /' "$work/quick.in")" ]; }
ok "seen there, once, in order" await 10 in_order
tutorial_client toby p chat.example 5000 toby
tell toby "I am Toby"
ok "another there" await 5 shown on0 toby "I am Toby"
hang_up toby
ok "leaves: told on the LAN" await 5 event on0 '.event == "leave" and .nick == "toby"'
no_echo() { [ "$(ids_of on0 anna | wc -l)" -eq 1 ] && [ -z "$(said_by on0 lanchat)" ] && [ "$(ids_of on0 quick | wc -l)" -eq 1 ]; }
ok "nothing has come back to the LAN" no_echo
kill -TERM "$text0"
ok "SIGTERM ends it with 0" ends "$text0" 5 0
ok "it leaves there" await 5 once "lanchat left!"

# The stream is cut into bytes, or glued to pieces of half a second.
for how in cut glue; do
    start "$how" r0 python3 "$here/cutter.py" 5001 chat.example 5000 "$how"
    cutter=$pid
    await 5 listens r0 5001
    relay "text-$how" r0 nick://localhost:5001
    text0=$pid
    for n in 1 2 3; do
        tell anna "anna, $how $n."
        sleep 0.2
        tell tina "tina, $how $n."
        sleep 0.5
    done
    for n in 1 2 3; do
        ok "$how: seen there" await 5 once "anna: anna, $how $n."
        ok "$how: shown here" await 5 shown on0 tina "tina, $how $n."
    done
    ok "$how: nothing has come back" no_echo
    ok "$how: no echo in others' words" test "$(jq -r 'select(.event == "message" and .nick != "anna") | .text' "$work/on0.out" |
        grep -c "anna, $how")" -eq 0
    kill -TERM "$text0"
    ends "$text0" 5 0
    kill "$cutter"
done

while [ "$SECONDS" -lt "$old_at" ]; do sleep 0.2; done
# A hub joins two sites, of which each has a relay to the server: one of them is enough.
hub hub h
relay hub0 q0 hub.example
hubs=("$pid")
relay hub1 q1 hub.example
hubs+=("$pid")
listener on1 b
person bert b
ok "two sites, joined by a hub: seen" await 10 event anna '.event == "join" and .nick == "bert"'
start text0 r0 "$LANCHAT" relay -n site0 nick://chat.example:5000
pids=("$pid")
start text1 r1 "$LANCHAT" relay -n site1 nick://chat.example:5000
pids+=("$pid")
# holder: which of the sites is connected to the server.
holder() { on p ss -Htn state established "sport = :5000" | grep -oE '198\.51\.100\.[12]:' | tr -d '\n'; }
one_holder() { [[ $(holder) =~ ^198\.51\.100\.[12]:$ ]] && grep -q 'standing by' "$work"/text[01].err; }
ok "one of their relays is at the server, the other says that it stands by" await 10 one_holder
tell anna "anna, both ways"
tell bert "bert, both ways"
tell tina "tina, both ways"
both_ways() { # NAME: each has come, once
    for who in anna bert tina; do shown "$1" "$who" "$who, both ways" || return 1; done
}
ok "what is said at one is seen there" await 5 once "anna: anna, both ways"
ok "and at the other" await 5 once "bert: bert, both ways"
ok "all that is said is shown at one site" await 5 both_ways on0
ok "and at the other" await 5 both_ways on1
[[ $(holder) == *.1: ]] && site=0 || site=1
kill -TERM "${pids[$site]}"
ends "${pids[$site]}" 5 0
other_holds() { [ "$(holder)" = "198.51.100.$((2 - site)):" ]; }
ok "it ends: the other takes its place" await 10 other_holds
tell anna "anna again"
tell tina "tina again"
ok "what is said is seen there" await 5 once "anna: anna again"
for n in on0 on1; do ok "and what is said there is shown" await 5 shown "$n" tina "tina again"; done
sleep 1
for text in "anna, both ways" "bert, both ways" "anna again"; do ok "$text: once, still" once "$text"; done
for n in on0 on1; do ok "(shown once, still)" both_ways "$n"; done
ok "and nothing of before has been said there again" once "anna: hello, tutorial"

# Without the hub the server is all that joins them.
kill "${pids[$((1 - site))]}"
ends "${pids[$((1 - site))]}" 5 0
for n in 0 1; do
    kill "${hubs[$n]}"
    ends "${hubs[$n]}" 5 0
done
for n in 0 1; do
    person "new$n" "q$n"
    relay "alone$n" "r$n" -n "site$n" nick://chat.example:5000
done
tell new0 "new0 to all"
ok "joined by the server alone: what one site says is seen there" await 5 once "new0: new0 to all"
ok "and shown at the other" await 5 shown on1 new0 "new0 to all"
tell new1 "new1 to all"
ok "the other way" await 5 once "new1: new1 to all"
ok "(shown)" await 5 shown on0 new1 "new1 to all"
tell tina "tina to all"
ok "what is said there is shown at one" await 5 shown on0 tina "tina to all"
ok "and at the other" await 5 shown on1 tina "tina to all"
sleep 1
for n in new0 new1; do ok "$n: once, still" once "$n: $n to all"; done
ok "(shown once, still)" shown on0 new1 "new1 to all"
ok "(shown once, still)" shown on1 new0 "new0 to all"
ok "and comes back to nobody" test "$(ids_of on0 new0 | wc -l)" -eq 1 -a "$(ids_of on1 new1 | wc -l)" -eq 1
finish
