#!/usr/bin/env bash
# Options that are right, in all the places where they may stand; what listen counts, matches and waits for; and chat
# off a terminal.
#
#     a --- lan0 --- b, c
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
hosts lan0 10.0.0 a b c
listener lobby b
listener den b --room=den
nicks() { jq -r 'select(.event == "message") | .nick + " " + .text' "$work/$1.out" 2>/dev/null; }

on a "$LANCHAT" say one
LANCHAT_NICK=ann on a "$LANCHAT" say two
LANCHAT_NICK=ann on a "$LANCHAT" say -n bob three
on a "$LANCHAT" --nick carl say four
on a "$LANCHAT" say --nick=dora five
on a "$LANCHAT" say -nemil six
LANCHAT_OPTIONS='-n fred -c 2' on a "$LANCHAT" say -c 1 seven
on a "$LANCHAT" say -n gina -- -n eight
on a "$LANCHAT" say -n hugo nine -n ten
on a "$LANCHAT" say -n ines - eleven
expected="$(id -un) one
ann two
bob three
carl four
dora five
emil six
fred seven
gina -n eight
hugo nine -n ten
ines - eleven"
all_nicks() { [ "$(nicks lobby)" = "$expected" ]; }
ok "nicknames come from the option, LANCHAT_NICK, or the login" await 5 all_nicks
LANCHAT_OPTIONS=$'-r den\t-n kim' on a "$LANCHAT" say "in the den"
ok "LANCHAT_OPTIONS names another room" await 5 has den "in the den"
ok "and another nickname" test "$(nicks den)" = "kim in the den"
LANCHAT_OPTIONS='-r den -m x -c 7' on a "$LANCHAT" rooms >"$work/last.out" 2>"$work/last.err"
ok "options that are not for a command are passed over there" test $? -eq 0 -a ! -s "$work/last.err"

# An interface by name.
lan lan1
plug a lan1 eth1 10.0.1.1/24
listener side b -i eth0
ok "-i of a LAN where nobody is" status 1 on a "$LANCHAT" say -i eth1 "aside"
ok "-i twice" status 0 on a "$LANCHAT" say -i eth1 --interface eth0 "both sides"
ok "is heard" await 5 event side '.text == "both sides"'

# listen: -c, -m, -w.
start two b "$LANCHAT" listen --json -c 2
two=$pid
start match b "$LANCHAT" listen --json -c 2 -m '^(un|do)s?$'
match=$pid
start timed b "$LANCHAT" listen --json -w 2
timed=$pid
start missed b "$LANCHAT" listen --json -c 2 -m never -w 2
missed=$pid
start stopped b "$LANCHAT" listen --json
stopped=$pid
for name in two match timed missed stopped; do await 5 is_ready "$name"; done
for word in un dos tres; do on a "$LANCHAT" say "$word"; done
ok "listen -c 2 ends with 0" ends "$two" 5 0
ok "after two messages" has two $'un\ndos'
ok "with -m it counts what matches" ends "$match" 5 0
ok "and shows only that" has match $'un\ndos'
ok "listen -w ends with 0 when the time is over" ends "$timed" 10 0
ok "having shown what was said" has timed $'un\ndos\ntres'
ok "listen -c -w ends with 1 when it was not enough" ends "$missed" 10 1
kill -TERM "$stopped"
ok "SIGTERM ends listen with 0" ends "$stopped" 5 0

# Chat off a terminal.
printf 'good morning\n\nlast words' >"$work/script"
from_file() { on a "$LANCHAT" -n lea <"$work/script" >"$work/last.out" 2>"$work/last.err"; }
ok "chat with its input from a file ends with 0" from_file
ok "what it says is heard" await 5 event lobby '.text == "last words" and .nick == "lea"'
ok "empty lines are not" test "$(nicks lobby | grep -c '^lea')" -eq 2
typed plain a "$LANCHAT" -n mona
plain=$pid
ok "chat greets on standard error" await 5 says plain.err '^\* lobby: '
on b "$LANCHAT" say -n nora "hello mona"
tell plain "hello nora"
ok "it is heard" await 5 event lobby '.nick == "mona" and .text == "hello nora"'
ok "and it hears" await 5 says plain.out '^nora: hello mona$'
ok "standard output holds nothing but messages" lacks grep -qv '^[a-z]*: ' "$work/plain.out"
hang_up plain
ok "at the end of input it ends with 0" ends "$plain" 10 0
typed quiet a "$LANCHAT" -q -n mona
quiet=$pid
heard_by_quiet() {
    on b "$LANCHAT" say -q -c 0 psst
    grep -q psst "$work/quiet.out"
}
await 5 heard_by_quiet
person oona b
ok "(somebody joins)" await 5 event lobby '.event == "join" and .nick == "oona"'
ok "with -q it says nothing of that" test ! -s "$work/quiet.err"
kill -TERM "$quiet"
ok "a signal ends chat with 0" ends "$quiet" 5 0
# shellcheck disable=SC2016 # the inner shell expands it
start pipe a bash -c '"$0" listen --json | { read -r line; echo "$line"; }; echo "ended ${PIPESTATUS[0]}"' "$LANCHAT"
await 5 is_ready pipe
ended() {
    on b "$LANCHAT" say -q -c 0 "into the void"
    says pipe.out '^ended 0$'
}
ok "a closed pipe ends listen with 0" await 5 ended
ok "quietly" test ! -s "$work/pipe.err"
# carries OPTIONS ROOM...: a hub with these in LANCHAT_OPTIONS carries these rooms, and no others.
carries() {
    local room options=$1 carried=()
    shift
    LANCHAT_OPTIONS=$options start hub c "$LANCHAT" hub "${arguments[@]}"
    for room in lobby den garden; do
        on a "$LANCHAT" say --via 10.0.0.3 -r "$room" hello </dev/null 2>"$work/last.err" && carried+=("$room")
    done
    kill "$pid"
    ends "$pid" 5 0 && [ "${carried[*]}" = "$*" ]
}
arguments=()
ok "a hub carries all rooms" carries "" lobby den garden
ok "or those that LANCHAT_OPTIONS names" carries "-r den" den
arguments=(-r garden)
ok "the command line's take their place" carries "-r den" garden
ok "of all, too" carries "-r *" garden
arguments=(-r '*')
ok "and all of one" carries "-r den" lobby den garden
finish
