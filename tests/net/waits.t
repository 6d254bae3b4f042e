#!/usr/bin/env bash
# Whom say waits for, and whom it names: nodes that stand still, that have gone, that did not get the message.
#
#     s (says) --- lan0 --- a, b
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
for n in s a b; do host "$n"; done
plug s lan0 eth0 10.0.0.9/24
plug a lan0 eth0 10.0.0.1/24
plug b lan0 eth0 10.0.0.2/24
person anna a
person bert b
bert=$pid
await 5 event anna '.event == "join" and .nick == "bert"'

ok "two persons have it" status 0 on s "$LANCHAT" say -n jack "to two"
ok "nobody is named" test ! -s "$work/last.err"
ok "two are enough with -c 2" status 0 on s "$LANCHAT" say -c 2 "to two again"
ok "nobody is named" test ! -s "$work/last.err"

# Bert's host lets no long datagram in, and what is said now is long.
long=$(printf ' and so on%.0s' {1..40})
drop b 'udp dport 55555-55571 udp length > 350'
ok "one has not got it: 1" status 1 on s "$LANCHAT" say -w 1 -n jack "not to bert$long"
ok "and is named" says last.err '^lanchat: bert: does not have it$'
ok "he alone" test "$(wc -l <"$work/last.err")" -eq 1
tell anna "not to bert, either$long"
ok "he is told what he lost, though not from whom" await 20 event bert '.event == "lost" and .nick == null and
    (.id | test("^[0-9a-f]{16}$")) and .first == 1 and .last == 1'
ok "and from whom, if he knows that" await 20 event bert '.event == "lost" and .nick == "anna" and .first == 1'
drop_nothing b
ok "then all is well again" status 0 on s "$LANCHAT" say -n jack "to two once more"
ok "bert has all but that" await 5 has bert $'to two\nto two again\nto two once more'
ok "anna has all" await 5 has anna $'to two\nto two again\nnot to bert'"$long"$'\nto two once more'

kill -STOP "$bert"
# Whether say knows of him when it has its one is chance.
five() {
    for _ in {1..5}; do on s "$LANCHAT" say -c 1 "one is enough" || return 1; done
}
ok "somebody stands still: when one is enough, 0" status 0 five
ok "and nobody is complained of" test ! -s "$work/last.err"
ok "when two are asked for, 1" status 1 on s "$LANCHAT" say -c 2 -w 1 "two are wanted"
ok "he is named, and how many have it" says last.err '^lanchat: bert: '
ok "(how many)" says last.err '^lanchat: say: 1 of 2 have it$'
ok "without -w it does not wait long for who answers nothing" status 0 on s "$LANCHAT" say "not for bert"
ok "but names him" says last.err '^lanchat: bert: answers nothing; not waited for$'
kill -CONT "$bert"
ok "awake again he has it all" await 10 event bert '.text == "not for bert"'
ok "and is waited for" status 0 on s "$LANCHAT" say -c 2 "welcome back"

# Signals: who waits dies by them, so that a script's Ctrl-C ends the script.
listener hall a -r hall
for signal in INT TERM HUP; do
    start waiting s env --default-signal=INT "$LANCHAT" say -r hall -c 2 -w 30 "$signal"
    await 5 event hall ".text == \"$signal\""
    kill -s "$signal" "$pid"
    ok "say dies by SIG$signal" ends "$pid" 5 $((128 + $(kill -l "$signal")))
done

# Long and odd input, whole at the other end.
said=$(printf 'Привет, 🎉! %.0s' {1..1900}) # 20 bytes each
printf '%s' "$said" >"$work/long"
await 5 event anna '.text == "welcome back"'
before=$(texts anna | wc -l)
pipe_in() { on s "$LANCHAT" say <"$1"; }
ok "a line of 38,000 bytes" pipe_in "$work/long"
whole() { [ "$(texts anna | tail -n +$((before + 1)) | tr -d '\n')" = "$said" ]; }
ok "arrives whole, no character cut" await 5 whole
ok "in three messages" test "$(texts anna | tail -n +$((before + 1)) | grep -c .)" -eq 3
ok "a text with a newline" status 0 on s "$LANCHAT" say $'first\nsecond'
ok "is one message" await 5 event anna '.text == "first\nsecond"'
ok "an empty text" status 0 on s "$LANCHAT" say ""
ok "and no input" status 0 on s "$LANCHAT" say
ok "say nothing, and nobody complains" test ! -s "$work/last.err"
finish
