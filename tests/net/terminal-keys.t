#!/usr/bin/env bash
# Typing in a terminal: what is typed is whole, whatever arrives meanwhile; pasting, resizing, Tab, and what was typed
# before; and what comes from the network does nothing to the terminal.
#
#     a (amy, 80x24), b (bob, 20x5), c (molly), s (says) --- lan0
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source=tmux.sh source-path=SCRIPTDIR
. "$(dirname "$0")/tmux.sh"

needs jq socat
lan lan0
hosts lan0 10.0.0 a b c s
person molly c
chat amy a 80x24
chat bob b 20x5
await 5 event molly '.event == "join" and .nick == "bob"'
heard_from() { event molly ".event == \"message\" and .nick == \"$1\" and .text == $(jq -Rs . <<<"$2" | sed 's/\\n"$/"/')"; } # NAME TEXT

# All that is written to the terminals, as it is written.
record_octets() { term pipe-pane -t "$1:" "cat >$work/$1.octets"; } # NAME
for name in amy bob; do record_octets "$name"; done

# A long line is typed while 200 messages a second arrive.
flood() {
    local n
    for ((n = 1; n <= 800; n += 20)); do
        seq -f "flood %g," "$n" $((n + 19))
        sleep 0.1
    done | on s timeout 20 "$LANCHAT" say -q -n flood -c 2
}
flood &
flood=$!
typed=
for n in {1..25}; do
    word="word$n-of-a-long-line "
    types amy "$word"
    types bob "$word"
    typed+=$word
    sleep 0.12
done
wait "$flood"
flooded() {
    flat "$1" | grep -oE 'flood: flood [0-9]+,' | cmp -s - <(seq -f 'flood: flood %g,' 800)
}
ok "800 messages at 200 a second: all stand there once, in order" await 10 flooded amy
ok "(20 columns, 5 rows)" await 10 flooded bob
ok "what was typed meanwhile is whole, at the bottom" await 5 bottom amy "> $typed"
ok "and nowhere else" test "$(all amy | grep -c 'word1-of')" -eq 1
ok "of more than half of the rows the end is seen" test "$(screen bob | tail -n 2 | tr -d '\n')" = \
    "$(screen bob | tail -n 2 | tr -d '\n' | grep -oE '.*word25-of-a-long-line')"
ok "what arrived last is above it" test "$(screen bob | head -n 3 | grep -c flood)" -ge 1
keys amy Enter
keys bob Enter
ok "it is said whole" await 5 heard_from amy "$typed"
ok "(from the small one, too)" await 5 heard_from bob "$typed"
ok "nothing is left of it" await 5 bottom amy ">"

# A resize while typing.
typed="typed before the terminal is another: a line that is longer than eighty columns, and than forty"
types amy "$typed"
term resize-window -t amy: -x 40 -y 12
ok "narrower: the line is whole" await 5 bottom amy "> $typed"
ok "(once)" once amy "typed before the terminal"
ok "and what was said, too" once amy "flood 800," "flood 799,"
term resize-window -t amy: -x 120 -y 30
ok "wider: likewise" await 5 bottom amy "> $typed"
ok "(once)" once amy "typed before the terminal"
types amy "!"
keys amy Home
types amy "it was "
keys amy Enter
ok "it goes on where it was" await 5 heard_from amy "it was $typed!"
term resize-window -t amy: -x 80 -y 24

# Pasting.
enter amy "before the paste"
await 5 heard_from amy "before the paste"
paste amy $'one\ntwo\nthree'
ok "three lines pasted stand at the bottom" await 5 bottom amy '> onetwothree'
ok "and are not said" lacks event molly '.nick == "amy" and .text == "one"'
keys amy Enter
ok "until Enter: as one message" await 5 heard_from amy $'one\ntwo\nthree'
twelve=$(seq -f 'pasted line %g' 12)
paste amy "$twelve"
ok "twelve are asked about" await 5 shows amy 'paste 12 lines as one message\? .*$'
keys amy n
ok "no: nothing is there" await 5 bottom amy ">"
paste amy "$twelve"
await 5 shows amy 'paste 12 lines as one message'
keys amy y
ok "yes: they are" await 5 shows amy 'pasted line 1 .*pasted line 12'
keys amy Enter
ok "and are said as one message" await 5 heard_from amy "$twelve"

# Keys.
types amy "/wh"
keys amy Tab Enter
ok "Tab: commands" await 5 line amy 'in lobby: amy .*'
types amy "mol"
keys amy Tab
types amy "hi"
keys amy Enter
ok "and nicknames, at the beginning" await 5 heard_from amy "molly: hi"
types amy "hi mol"
keys amy Tab
types amy "there"
keys amy Enter
ok "and elsewhere" await 5 heard_from amy "hi molly there"
keys amy Up Up C-a
types amy "again: "
keys amy Enter
ok "Up: what was said before, to change it" await 5 heard_from amy "again: molly: hi"
types amy "half a line"
keys amy Up
ok "it does not lose what was begun" await 5 bottom amy "> again: molly: hi"
keys amy Down
ok "which is there below it" await 5 bottom amy "> half a line"
keys amy C-u C-r
types amy "before the p"
ok "^R finds" await 5 shows amy "reverse-i-search.*before the paste"
keys amy Enter
second() { [ "$(said_by molly amy | grep -cxF "before the paste")" -eq 2 ]; }
ok "and Enter says it" await 5 second
enter amy " not to be remembered"
await 5 heard_from amy " not to be remembered"
keys amy C-d
ok "^D on an empty line leaves" await 7 line amy 'ended: 0'
ok "what was typed is kept" test -s "$work/amy.state/lanchat/history"
term kill-session -t amy
chat amy a 80x24
keys amy Up
ok "in the next run, too" await 5 bottom amy "> before the paste"
keys amy Up Up
ok "(further up)" await 5 bottom amy "> hi molly there"
keys amy C-c
ok "^C takes away what is typed" await 5 bottom amy ">"

# What comes from the network.
record_octets amy
esc=$'\033'
hostile="${esc}[2J${esc}[H${esc}]0;title"$'\a'"${esc}[31mred${esc}[?1049h${esc}c$esc(0"$'\x9b31m\x08\x7f\u009b5m'
types amy "typed, and whole"
on s "$LANCHAT" say -q -n evil -c 2 "$hostile and that was it"
ok "escape sequences are shown" await 5 shows amy 'evil: .*\[2J.*and that was it'
on s "$LANCHAT" say -q -n evil -c 2 $'a\u202eb\u2066c\u200fd bidi'
ok "overrides of direction, too" await 5 shows amy 'evil: a.*b.*c.*d bidi'
printf 'raw\xff\xfe\xc3(\xed\xa0\x80 octets\033[2J\r\n' |
    on s socat -u STDIN UDP4-DATAGRAM:239.255.67.72:55555,ip-multicast-if=10.0.0.4
printf 'LCHT\x01\x00\x40\xff\x00\x1b[2J' |
    on s socat -u STDIN UDP4-DATAGRAM:239.255.67.72:55555,ip-multicast-if=10.0.0.4
wide=$(printf 'x%.0s' {1..16000})
on s "$LANCHAT" say -q -n evil -c 2 "$wide"
ok "16,000 letters without a blank are all there, once" await 5 once amy "evil: $wide"
ok "(20 columns)" await 5 once bob "evil: $wide"
ok "what is typed is whole" await 5 bottom amy "> typed, and whole"
ok "the title is not theirs" lacks test "$(format amy '#{pane_title}')" = title
ok "nor is the screen another" test "$(format amy '#{alternate_on}')" = 0
# Of control characters there are the ends of lines, and what the chat itself writes: motion, erasing, styles, bells.
controls() {
    sed -E 's/\x1b\[[0-9;]*[ACHJKm]|\x1b\[\?(7|25|2004)[hl]//g' "$work/$1.octets" | tr -d '\r\n\a' |
        LC_ALL=C.UTF-8 grep -cP '[\x00-\x1f\x7f-\x{9f}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]'
}
ok "no control character of theirs is written" test "$(controls amy)" = 0
ok "(to the small one)" test "$(controls bob)" = 0
keys amy Enter
ok "and it can be said" await 5 heard_from amy "typed, and whole"
[ "$failed" -eq 0 ] || screens amy bob >&2
finish
