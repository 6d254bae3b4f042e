#!/usr/bin/env bash
# Who is here: joins and leaves, who and rooms, people of the same nickname, other rooms.
#
#     watcher, jack, molly ... on hosts w, a, b of lan0
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
for n in w a b; do host "$n"; done
plug w lan0 eth0 10.0.0.9/24
plug a lan0 eth0 10.0.0.1/24
plug b lan0 eth0 10.0.0.2/24
listener watcher w
start plain w "$LANCHAT" listen
await 5 test -s "$work/plain.err"

# Ends without a word; looked at last, because silence is believed only after a while.
person mute a
ok "a join is told" await 5 event watcher '.event == "join" and .nick == "mute"'
kill -KILL "$pid"
wait "$pid" 2>/dev/null

person jack a
jack=$pid
ok "another, with time, room and id" await 5 event watcher '.event == "join" and .nick == "jack" and .room == "lobby"
    and (.id | test("^[0-9a-f]{16}$")) and (.time | test("^2[0-9-]{9}T[0-9:.]{12}Z$"))'
ok "in plain words, on standard error" await 5 says plain.err '^\* jack joined$'
person molly b
ok "who comes later is told who is here" await 5 event molly '.event == "join" and .nick == "jack" and .present'
ok "and jack that she came" await 5 event jack '.event == "join" and .nick == "molly" and (.present | not)'

ok "who" status 0 on b "$LANCHAT" who
ok "lists persons, one a line" test "$(sort "$work/last.out" | grep -v mute)" = $'jack\nmolly'
ok "who --json" status 0 on b "$LANCHAT" who --json
ok "lists the listeners, too, without a name" test \
    "$(jq -c 'select(.role == "listener") | [.event, .room, .nick]' "$work/last.out" | sort -u)" = '["peer","lobby",null]'
ok "and jack with id, address and path" test "$(jq 'select(.nick == "jack") | .event == "peer" and .role == "person" and
    .room == "lobby" and (.id | test("^[0-9a-f]{16}$")) and
    (.address | test("^(10\\.0\\.0\\.1|\\[fe80::[0-9a-f:]+%eth0\\]):555[5-7][0-9]$")) and
    (.path | IN("group4", "group6", "unicast"))' "$work/last.out")" = true

# Rooms.
person ann a -r garden
person bob b -r garden
listener shed w -r shed
ok "rooms" status 0 on w "$LANCHAT" rooms
ok "lists rooms, a tab and people" says last.out $'^garden\t2$'
ok "a room with nobody but a listener, too" says last.out $'^shed\t0$'
ok "rooms --json" status 0 on w "$LANCHAT" rooms --json
ok "likewise" test "$(jq -c 'select(.room == "garden")' "$work/last.out")" = '{"event":"room","room":"garden","people":2}'
ok "who in another room" status 0 on w "$LANCHAT" who -r garden
ok "lists the people there alone" test "$(sort "$work/last.out")" = $'ann\nbob'
tell ann "among flowers"
ok "what is said in a room is heard there" await 5 event bob '.text == "among flowers" and .room == "garden"'
ok "say in a room" status 0 on w "$LANCHAT" say -r garden "to the garden"
ok "is heard there" await 5 event ann '.text == "to the garden"'
ok "say in an empty room" status 1 on w "$LANCHAT" say -r attic "to nobody"
ok "names that room" says last.err 'attic'

# The same nickname twice.
start second b "$LANCHAT" --json -n jack -r lobby
ok "a second jack at the end of his input leaves at once" ends "$pid" 10 0
typed twin b "$LANCHAT" --json -n jack
twin=$pid
await 5 is_ready twin
tell jack "I am jack"
tell twin "so am I"
ok "(both are heard)" await 5 event watcher '.text == "so am I"'
ok "(both are heard)" await 5 event watcher '.text == "I am jack"'
names=$(jq -r 'select(.text == "I am jack" or .text == "so am I") | .nick' "$work/watcher.out" | sort)
ok "two people of one nickname are shown differently" test "$(uniq <<<"$names" | wc -l)" -eq 2
ok "as jack, at least one with ~ and four digits" lacks grep -qvE '^jack(~[0-9a-f]{4})?$' <<<"$names"
ok "in who, too" test "$(on w "$LANCHAT" who | grep -c '^jack')" -eq 2
ok "where they differ" test "$(on w "$LANCHAT" who | sort | uniq -d | wc -l)" -eq 0

# Leaving.
hang_up twin
ok "at the end of input chat ends with 0" ends "$twin" 10 0
ok "and that is told" await 5 event watcher '.event == "leave" and .reason == "bye" and (.nick | startswith("jack"))'
kill -TERM "$jack"
ok "on SIGTERM chat ends with 0" ends "$jack" 5 0
jack_left() { [ "$(jq -c 'select(.event == "leave" and .reason == "bye") | .id' "$work/watcher.out" | sort -u | wc -l)" -ge 3 ]; }
ok "and says bye" await 5 jack_left
ok "which plain listeners are told, too" says plain.err '^\* jack.* left$'
ok "who does not list who left" test "$(on w "$LANCHAT" who | grep -v mute)" = molly

ok "(a word from a script)" status 0 on a "$LANCHAT" say -n script "a word"
ok "(heard)" await 5 event watcher '.text == "a word"'
ok "neither script nor listener was said to join or leave" lacks event watcher \
    '(.event == "join" or .event == "leave") and (.nick == "script" or .nick == null)'
ok "other rooms were not heard" lacks event watcher '.nick == "ann" or .nick == "bob" or .room == "garden"'
ok "who is killed is gone after a while, by silence" await 45 event watcher \
    '.event == "leave" and .nick == "mute" and .reason == "timeout"'
ok "in plain words, too" await 5 says plain.err '^\* mute is gone'
ok "who lists only who is here" test "$(on w "$LANCHAT" who)" = molly
finish
