#!/usr/bin/env bash
# Three hosts on one LAN: two listen, the third speaks.
# shellcheck source=lib.sh source-path=SCRIPTDIR
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
for n in 1 2 3; do
    host "h$n"
    plug "h$n" lan0 eth0 "10.0.0.$n/24"
done
listener one h1
listener two h2

ok "say ends with 0" status 0 on h3 "$LANCHAT" say -n jack "What's up!?"
ok "say in Cyrillic" status 0 on h3 "$LANCHAT" say -n Мария "Привет всем 🎉"
both=$'What\'s up!?\nПривет всем 🎉'
ok "the first listener has both, once, in order" await 5 has one "$both"
ok "so has the second" await 5 has two "$both"
fields='select(.event == "message") | (.event, .room, .nick, .text, .action, .replay, .seq)'
expected=$'message\nlobby\njack\nWhat\'s up!?\nfalse\nfalse\n1\nmessage\nlobby\nМария\nПривет всем 🎉\nfalse\nfalse\n1'
ok "with the fields of the manual" test "$(jq -r "$fields" "$work/one.out")" = "$expected"
shape='map(select(.event == "message")) | all(
    (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$")) and (.id | test("^[0-9a-f]{16}$")))'
ok "and a time and an id" test "$(jq -s "$shape" "$work/one.out")" = true
ok "both listeners saw the same" test "$(jq -c 'select(.event == "message")' "$work/one.out")" = \
    "$(jq -c 'select(.event == "message")' "$work/two.out")"
finish
