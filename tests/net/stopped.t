#!/usr/bin/env bash
# A listener that stands still holds up nobody, and when it goes on it shows what somebody still has, and reports the
# rest as lost: every number once, in order.
#
#     s (says) --- lan0 --- l1, l2, l3 (listen; the last is stopped)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
hosts lan0 10.0.0 s l1 l2 l3
for n in 1 2 3; do listener "l$n" "l$n"; done
stopped=$pid

# More than a store and the buffer of his socket hold together.
count=45000
seq -f 'a line of about a hundred bytes, as people type them when they have very much to say, and then: %g' "$count" \
    >"$work/big"
shown() { [ "$(said_by "$1" "$2" | wc -l)" -ge "$3" ]; } # NAME NICK AT-LEAST
say_big() { on s "$LANCHAT" say -n "$1" -c "$2" -w 60 <"$work/big"; }

before=$(now_ms)
ok "45,000 lines while nobody stands still" say_big first 3
usual=$(($(now_ms) - before))
all_have() {
    local n
    for n in "${@:2}"; do whole "$n" "$(ids_of "$n" "$1")" "$count" || return 1; done
}
ok "all have all of them" await 5 all_have first l1 l2 l3
ok "nobody is told of a loss" nothing_lost

# He stops after he has answered, in the midst of it.
typed second s "$LANCHAT" say -n second -c 2 -w 30
second=$pid
head -n 1000 "$work/big" >&"${input_of[second]}"
ok "again, and the third of three hears the beginning" await 10 shown l3 second 1000
kill -STOP "$stopped"
before=$(now_ms)
tail -n +1001 "$work/big" >&"${input_of[second]}"
hang_up second
ok "then he stands still: the others are enough" ends "$second" 60 0
took=$(($(now_ms) - before))
echo "# $usual ms with all, $took ms when one stands still"
ok "and he holds it up for little more than a second" test "$took" -lt $((2 * usual + 2500))
ok "the others have it all" await 5 all_have second l1 l2
ok "and are told of no loss" nothing_lost l1 l2
sleep 1
before=$(now_ms)
kill -CONT "$stopped"
# Looking at all of it takes a while; it is done once the last was shown.
at_end() { tail -n 3 "$work/$1.out" | grep -q "\"nick\":\"second\".*\"seq\":$count,"; }
ok "he goes on, and shows the last of it" await 60 at_end l3
echo "# $(($(now_ms) - before)) ms; lost: $(jq -s 'map(select(.event == "lost") | .last - .first + 1) | add' "$work/l3.out")"
ok "what he has shown and what he was told that he lost are all of it, once, in order" await 5 all_have second l3
ok "and was told of a loss" event l3 '.event == "lost"'
ok "said afterwards" status 0 on s "$LANCHAT" say -n third -c 3 "afterwards"
ok "he hears it" await 5 event l3 '.text == "afterwards"'
finish
