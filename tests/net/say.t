#!/usr/bin/env bash
# say: what it waits for, whom it names, how it ends; and what becomes of standard input.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
hosts lan0 10.0.0 h1 h2 h3
ok "nobody is here: 1" status 1 on h3 "$LANCHAT" say hello
ok "and says so" says last.err '^lanchat: say: nobody is in room lobby'
ok "-c 0 does not wait" status 0 on h3 "$LANCHAT" say -c 0 hello

listener one h1
listener two h2
before=$SECONDS
ok "two listeners: 0" status 0 on h3 "$LANCHAT" say -n jack hello
ok "in under two seconds" test $((SECONDS - before)) -le 2
ok "-c 2 has enough" status 0 on h3 "$LANCHAT" say -c 2 enough
ok "-c 3 has not" status 1 on h3 "$LANCHAT" say -c 3 -w 0.5 "not enough"
ok "and says how many" says last.err '2 of 3'
ok "another room is empty" status 1 on h3 "$LANCHAT" say -r den hello
ok "operands are joined by spaces" status 0 on h3 "$LANCHAT" say "a  b" c
ok "-- ends options" status 0 on h3 "$LANCHAT" say -- -n jack
ok "options may stand before the command" status 0 on h3 "$LANCHAT" -n carl say before
ok "all of it was heard, once and in order" await 5 has one \
    $'hello\nenough\nnot enough\na  b c\n-n jack\nbefore'

feed() { # BYTES: as printf has them, to say on h3
    # shellcheck disable=SC2059
    printf "$1" | on h3 "$LANCHAT" say -n pipe
}
last() { jq -c 'select(.event == "message" and .nick == "pipe") | .text' "$work/one.out" | tail -n "$1"; }
last_is() { [ "$(last "$1")" = "$2" ]; }
shown() { await 5 last_is "$1" "$2"; }
last_length() { [ "$(last "$1" | tr -d '"\n' | wc -c)" -eq "$2" ]; }
feed 'one\n\n\nlast without a newline'
ok "empty lines say nothing, the last needs no newline" shown 2 $'"one"\n"last without a newline"'
feed 'dos\r\n'
ok "CR LF ends a line" shown 1 '"dos"'
feed 'nul\0 bad\377 cut\342\202'
ok "NUL and what is no UTF-8 become U+FFFD" shown 1 '"nul� bad� cut��"'
head -c 40000 /dev/zero | tr '\0' x | on h3 "$LANCHAT" say -n pipe
ok "40,000 bytes arrive in several messages" await 5 last_length 3 40000
(head -c 16384 /dev/zero | tr '\0' y && echo) | on h3 "$LANCHAT" say -n pipe
ok "16 KiB are one" await 5 last_length 1 16384
seq 1 2000 | on h3 "$LANCHAT" say -n many
ok "2,000 lines arrive in order" await 5 said "$(seq 2000)" many one
ok "nothing was lost" nothing_lost

# A listener that stands still.
listener still h2
kill -STOP "$pid"
ok "who does not answer holds it no longer than -w" status 1 on h3 "$LANCHAT" say -w 1 -n jack "are you there?"
ok "and is named" says last.err '^lanchat: listener .*: answers nothing'
kill -CONT "$pid"
ok "later he has it" await 5 says still.out 'are you there'

start waiting h3 "$LANCHAT" say -r empty -w 30 hello
kill -TERM "$pid"
wait "$pid" 2>/dev/null
ok "a say that waits dies by the signal" test $? -eq 143
finish
