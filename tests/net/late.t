#!/usr/bin/env bash
# Who comes late sees what was said last, as many messages as were asked for: each once, in the order in which they were
# said, before anything new; and is never told that something was lost that was said before.
#
#     s1, s2 (say, and go) --- lan0 --- l (stores it), j (joins)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

lan lan0
hosts lan0 10.0.0 s1 s2 l j
ok "alone there is no history" status 0 on j "$LANCHAT" listen --json -H 9 -w 1
ok "and nothing is shown" test "$(jq -r .event "$work/last.out")" = ready
listener store l

told=()
for n in $(seq 6); do
    for speaker in s1 s2; do
        told+=("message $n of $speaker")
        status 0 on "$speaker" "$LANCHAT" say -n "$speaker" "${told[-1]}" || echo "# not said: ${told[-1]}"
    done
done
ok "twelve messages of as many speakers are said" await 5 has store "$(printf '%s\n' "${told[@]}")"
tail_of() { printf '%s\n' "${told[@]: -$1}"; } # the last messages said
listener five j -H 5
listener many j -H 50
listener none j
person molly j -n molly
ok "-H 5: the last five" await 5 has five "$(tail_of 5)"
ok "-H 50: all twelve" await 5 has many "$(tail_of 12)"
ok "chat shows up to 50 by itself" await 5 has molly "$(tail_of 12)"
ok "-H 3 -c 3: three, and the end" status 0 on j "$LANCHAT" listen -H 3 -c 3 -w 5
ok "these three" test "$(cat "$work/last.out")" = "$(tail_of 3 | sed -E 's/^.* (s.)$/\1: &/')"
ok "-H 1 -m ...: one that matches" status 0 on j "$LANCHAT" listen -H 12 -m "^message 2 of s1" -c 1 -w 5
ok "that one" test "$(cat "$work/last.out")" = "s1: message 2 of s1"

# Once these are old they are marked as what they are.
old_at=$((SECONDS + 12))
told+=("a live line")
ok "(said)" status 0 on s1 "$LANCHAT" say -n s1 "a live line"
ok "-H 5: then the new line" await 5 has five "$(tail_of 6)"
ok "-H 50: likewise" await 5 has many "$(tail_of 13)"
ok "without -H: the new line alone" await 5 has none "a live line"

# While somebody speaks all the time, a line is either history or live, none is missed and none comes twice.
typed ticks s2 "$LANCHAT" say -n ticks -w 10
ticks=$pid
tick() { for tick in $(seq "$1" "$2"); do tell ticks "tick $tick" && sleep 0.01; done; }
tick 1 50
(tick 51 250) &
ticking=$!
for n in 1 2 3; do listener "tick$n" j -H 20; done
wait "$ticking"
hang_up ticks
ok "(somebody speaks all the time)" ends "$ticks" 15 0
gapless() { # NAME: 20 and more lines without a gap, to the last
    texts "$1" | awk '$1 == "tick" { if (n && $2 != last + 1) exit 1; last = $2; n++ } END { exit n < 20 || last != 250 }'
}
for n in 1 2 3; do ok "who joins then: history and live, nothing between is missed" await 5 gapless "tick$n"; done
ok "no more than that is shown" test "$(texts tick1 | wc -l)" -lt 250

# Long texts and several lines count as one message each, and come whole.
long=$(for n in $(seq 1500); do printf 'word %s, ' "$n"; done)
told+=($'a text\nof three\nlines' "$long" "the end")
for n in 3 2 1; do status 0 on s1 "$LANCHAT" say -n s1 "${told[-n]}" || echo "# not said"; done
listener texts j -H 3
ok "-H 3: several lines, a text of many records, a word" await 5 has texts "$(tail_of 3)"
listener one j -H 2
ok "-H 2: two of them" await 5 has one "$(tail_of 2)"
listener zero j -H 0
ok "-H 0: nothing" status 0 on s1 "$LANCHAT" say -n s1 "for zero"
ok "but what is new" await 5 has zero "for zero"

while [ "$SECONDS" -lt "$old_at" ]; do sleep 0.2; done
listener old j -H 1000
first_twelve() { [ "$(texts old | head -12)" = "$(printf '%s\n' "${told[@]:0:12}")" ]; }
ok "what is old: the first twelve" await 5 first_twelve
is_replay() { jq -es 'map(select(.event == "message" and (.text | startswith("message ")))) | length == 12 and all(.replay)' "$work/$1.out" >/dev/null; }
ok "as replays" is_replay old
ok "said now" status 0 on s2 "$LANCHAT" say -n s2 "now"
ok "is none" await 5 event old '.text == "now" and (.replay | not)'
ok "and comes last" test "$(texts old | tail -1)" = now
ok "each once" test "$(texts old | sort | uniq -d)" = ""

# The one that stored it goes; those who joined have it from there.
kill "${started[0]}"
ends "${started[0]}" 5 0
listener second j -H 1
ok "who joined hands it on" await 5 has second now
ready_first() {
    local file
    for file in "$work"/*.out; do
        [ "$file" = "$work/last.out" ] || [ ! -s "$file" ] || [ "$(head -1 "$file" | jq -r .event)" = ready ] || return 1
    done
}
ok "ready is the first that everybody is told" ready_first
ok "nobody is told of a loss" nothing_lost
finish
