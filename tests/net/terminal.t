#!/usr/bin/env bash
# The chat in a terminal: what a conversation looks like in terminals of several sizes, and the commands.
#
#     a (amy, 80x24), b (bob, 20x5), c (cat, 200x50), d (molly), e, s --- lan0
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source=tmux.sh source-path=SCRIPTDIR
. "$(dirname "$0")/tmux.sh"

needs jq nft
lan lan0
hosts lan0 10.0.0 a b c d e s
clock='[0-2][0-9]:[0-5][0-9]'
person molly d
tell molly "said long before"
tell molly "mia: and this"
said_at=$SECONDS
chat amy a 80x24
chat bob b 20x5 --bell all
chat cat c 200x50 --bell never
# each COMMAND ARGUMENT...: of all who have a terminal. after SECONDS: in time.
each() {
    local name
    for name in amy bob cat; do "$1" "$name" "${@:2}" || return 1; done
}
within() { await "$1" each "${@:2}"; }
is() { [ "$(format "$1" "$2")" = "$3" ]; } # NAME FORMAT VALUE
rings() { is "$1" '#{window_bell_flag}' "$2"; }

ok "who is here is said first" line amy "$clock \\* lobby: molly is here"
ok "who comes, those who come at once in one line" await 5 line amy "$clock \\* bob (joined|and cat joined)"
ok "each of them" line amy "$clock \\* (bob and )?cat joined"

await 5 shows bob "cat joined"

# A conversation.
tell molly "hello, all of you"
ok "words of others" within 5 shows "$clock molly: hello, all of you"
ok "ring where all do" await 5 rings bob 1
ok "and else do not" rings amy 0
enter amy "hello, молли 🎉"
ok "own words" await 5 line amy "$clock amy: hello, молли 🎉"
ok "are there once" once amy "hello, молли 🎉"
ok "nothing is left of them at the bottom" await 5 bottom amy ">"
ok "others have them" within 5 shows "$clock amy: hello, молли 🎉 >"
ok "(molly, too)" await 5 event molly '.text == "hello, молли 🎉" and .nick == "amy"'
tell molly "I have seen Amy, and gamy things"
ok "a nickname is a mention, whatever its case" await 5 rings amy 1
tell molly "cat and bob"
ok "which rings nowhere with --bell never" await 5 shows cat 'molly: cat and bob >'
ok "(never)" rings cat 0
marked() { term capture-pane -p -e -t "$1:" | grep -F -- "$3" | grep -q "$2"; } # NAME STYLE TEXT
ok "it stands out" marked amy $'\033''\[[0-9;]*7[0-9;]*m.*molly' "I have seen Amy"
ok "as nothing else does" lacks marked amy $'\033''\[[0-9;]*7[0-9;]*m.*molly' "hello, all of you"
ok "own words are bold" marked amy $'\033''\[[0-9;]*1[0-9;]*m.*amy' "hello, молли"
enter amy "/me waves at you all"
ok "/me" await 5 line amy "$clock \\* amy waves at you all"
ok "as others see it" within 5 shows "$clock \\* amy waves at you all >"
ok "(an action)" await 5 event molly '.action and .text == "waves at you all"'
enter amy "//quit is how to leave"
ok "two slashes say a line that begins with one" await 5 event molly '.text == "/quit is how to leave"'
enter amy " /quit"
ok "and so does a blank" await 5 event molly '.text == " /quit"'
tell molly $'in two\nlines'
long=$(printf 'many words, %.0s' {1..30})
tell molly "$long"
wrapped() {
    shows "$1" "molly: $long>" && all "$1" | sed 's/ *$//' | grep -A 1 'molly: many words' | tail -n 1 |
        grep -qE '^ {13}(many|words)'
}
ok "a long text is wrapped, and indented" await 5 wrapped amy
ok "(whole, at all sizes)" within 5 shows "molly: ${long}>"
first() { all "$1" | head -n 1 | grep -qE "^$clock \\* lobby:"; }
ok "nothing stands before the first line" each first
ok "everything stands there once" each once "hello, all of you" "hello, молли" "waves at you all" "cat and bob"

# Coming and going.
person jim e
ok "who comes is said" within 5 shows "$clock \\* jim joined >"
hang_up jim
ok "and who goes" within 5 shows "$clock \\* jim left >"
enter bob "/nick robert"
ok "/nick: told so" await 5 shows bob 'you are robert now >'
ok "and so are others" await 5 line amy "$clock \\* bob is now robert"
tell molly "ROBERT!"
enter bob "who called?"
ok "he speaks by that name" await 5 line amy "$clock robert: who called\\?"
enter bob "/nick a~b"
ok "a wrong nickname is refused" await 5 shows bob '/nick: not a nickname: 1 to 32 bytes'
enter bob "/nick bob"
ok "back again" await 5 line amy "$clock \\* robert is now bob"

# A loss: no long datagram comes in, and what is said now is long.
drop a 'udp dport 55555-55571 udp length > 350'
tell molly "not heard by amy$(printf ' and so on%.0s' {1..40})"
ok "a loss is said" await 20 line amy "$clock \\* lost 1 from molly"
drop_nothing a

# Commands.
enter amy "/help"
ok "/help" await 5 line amy '/help +this list'
listed() {
    local command
    for command in /who '/nick NAME' '/me TEXT' '/join ROOM' /rooms '/ignore \[NICK\]' '/history \[N\]' /links /quit //TEXT; do
        line "$1" "$command +.+" || return 1
    done
}
ok "lists all of them" listed amy
listener ears e
enter amy "/who"
ok "/who" await 5 line amy 'in lobby: amy \(you\)(, (bob|cat|molly)){3}; 1 listener'
enter amy "/links"
ok "/links: what there is" await 5 line amy 'eth0: [0-9]+ repaired'
counted() { line "$1" "  group[46] $2, for [0-9]+ s: [1-9][0-9]* in, [1-9][0-9]* out, [0-9]+ dropped"; }
ok "and what came and went (IPv4)" counted amy '239\.255\.67\.72'
ok "(IPv6)" counted amy 'ff12::4348'
person ann e -r attic
enter amy "/rooms"
ok "/rooms: ours" await 5 line amy 'lobby: 4 people \(you are here\)'
ok "and others that are heard of" line amy 'attic: 1 person'
enter amy "/ignore molly"
ok "/ignore" await 5 line amy 'molly is ignored now .*'
tell molly "amy, do you hear?"
ok "she is heard" await 5 shows cat "molly: amy, do you hear"
enter amy "/ignore"
ok "who is ignored" await 5 line amy 'ignored: molly'
enter amy "/ignore molly"
ok "no more" await 5 line amy 'molly is heard again'
tell molly "and now?"
ok "then she is" await 5 line amy "$clock molly: and now\\?"
ok "but not by who ignored her" lacks shows amy "do you hear"
enter amy "/wo"
ok "what is no command: the nearest is named" await 5 line amy '/wo: no such command \(/who\?\)'
enter amy "/frobnicate it"
ok "if there is one" await 5 line amy '/frobnicate: no such command \(/help lists them; //frobnicate says it\)'
enter amy "/who is it"
ok "too much" await 5 line amy '/who: takes nothing more'
enter amy "/me"
ok "too little" await 5 line amy '/me: needs more: /me TEXT'
ok "nobody is told of any of it" lacks event molly '.event == "message" and (.text | test("frobnicate|is it|/wo|help"))'
enter cat "/join attic"
ok "/join: the room, and who is there" await 5 line cat "$clock \\* attic: ann is here"
ok "who was left is told" await 5 line amy "$clock \\* cat left"
enter cat "a word in the attic"
ok "what is said is said there" await 5 event ann '.text == "a word in the attic" and .room == "attic"'
ok "and not here" lacks event molly '.text == "a word in the attic"'
enter cat "/rooms"
ok "/rooms: that we are there" await 5 line cat 'attic: 2 people \(you are here\)'
enter cat "/join attic"
ok "where we are we cannot go" await 5 line cat '/join: you are in attic'
enter cat "/join lobby"
ok "and back" await 5 line cat "$clock \\* lobby: .*(amy|molly).* here"

# What was said more than 10 s ago is of before.
while [ $((SECONDS - said_at)) -lt 11 ]; do sleep 0.1; done
chat mia e 80x24 --color never --peer 10.0.0.99
set_off() { all "$1" | sed 's/ *$//' | grep -A 2 -x -e '-- earlier --' | tail -n 2 | grep -qx "$clock molly: said long before"; }
ok "what was said before is set off" await 5 set_off mia
ok "from what is said now" line mia '-- now --'
dimmed() { term capture-pane -p -e -S - -t "$1:" | tr '\n' ' ' | grep -qE $'\033''\[2m[^'$'\033'']*'"$2"; }
ok "it is dimmed" dimmed mia 'said long before'
ok "and what is said now is not" lacks dimmed mia "molly: and now"
ok "and rings nothing" rings mia 0
enter mia "/history 3"
ok "/history: the last, again" await 5 shows mia '-- now -- .*-- earlier -- '"($clock [^>]*){3}"'-- now -- >'
enter mia "/history 0"
ok "(a number)" await 5 line mia '/history: not a number of messages \(1 to 1000\)'
enter mia "/links"
ok "/links names who --peer names" await 5 line mia '10\.0\.0\.99: 0 repaired'
ok "and how it is tried" line mia '  unicast 10\.0\.0\.99, for [0-9]+ s: 0 in, [1-9][0-9]* out, 0 dropped'

enter amy "/quit"
ok "/quit" await 5 line amy 'ended: 0'
ok "is told" await 5 event molly '.event == "leave" and .nick == "amy" and .reason == "bye"'
keys bob C-d
ok "the end of input, too" await 7 shows bob 'ended: 0'
keys mia C-c
ok "and an interrupt" await 7 line mia 'ended: 0'
after() { cmp "$work/$1.before" "$work/$1.after"; }
for name in amy bob mia; do ok "$name's terminal is as it was" await 5 after "$name"; done
[ "$failed" -eq 0 ] || screens amy bob cat mia >&2
finish
