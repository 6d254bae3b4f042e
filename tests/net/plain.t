#!/usr/bin/env bash
# Plain-text clients of a hub as they are: ncat, nc, telnet, the tutorial's client and Python's socket module, however
# their bytes arrive. Line clients are told from those that know no newline by what they send.
#
#     h (hub) --- net --- a (--via), b (plain text)
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs python3 ncat
lan net
hosts net 10.0.0 h a b
hub hub h
listener ears a --via 10.0.0.1
person anna a --via 10.0.0.1
line_client watcher b 10.0.0.1 55555 watcher
await 5 event ears '.event == "join" and .nick == "watcher"'
heard() { event ears ".event == \"message\" and .nick == \"$1\" and .text == \"$2\""; } # NICK TEXT
joined() { [ "$(jq -r 'select(.event == "join") | .nick' "$work/ears.out" | grep -cxF -- "$1")" -eq 1 ]; }
client() { bytes "$1" b 10.0.0.1 55555 "${@:2}"; } # NAME STEP...

# Who knows lines.
client tel see:NICK 'say:\xff\xfb\x1f\xff\xfd\x03\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0tel\r\n' \
    'say:by \xff\xf1telnet\r\n' 'see:anna: for lines' rest:3
ok "telnet: CR and the options that it wants to agree on are no words" await 5 heard tel "by telnet"
client keys see:NICK 'keys:kay\nhello\n' 'see:anna: for lines' rest:3
ok "one key at a time" await 5 heard kay "hello"
client slow see:NICK keys:sl rest:1.2 keys:ow rest:1.2 'keys:ly\n' 'say:one wo' rest:1.2 'say:rd\n' rest:3
client fin 'say:finn\nlast\nwords' end: until-closed:5
fin=$pid
ok "input and FIN at once, and no newline at the end: all of it counts" await 5 heard finn "words"
ok "(and what was before)" heard finn "last"
ok "the connection is closed then" ends "$fin" 5 0
ok "and he has left" await 5 event ears '.event == "leave" and .nick == "finn"'
if nc -h 2>&1 | grep -q OpenBSD; then
    printf 'nick\nfrom nc\n' >"$work/nc.in"
    start nc b nc -N 10.0.0.1 55555
    ok "nc, its input from a file" await 5 heard nick "from nc"
    ok "ends when that is said" ends "$pid" 5 0
else
    skip "nc, its input from a file" "there is no nc of OpenBSD"
fi
client early 'say:eve\nbefore she was asked\n' see:NICK rest:3
ok "words before the question" await 5 heard eve "before she was asked"
tell anna "for lines"
ok "lines for who knows lines" await 5 says keys.out '^anna: for lines$'
ok "telnet, too" await 5 says tel.out '^anna: for lines.?$'

# Who knows no newline.
client own see:NICK say:owen 'see:owen joined!' 'see:Connected to server!' 'say:owen: hi there' 'see:owen: hi there' \
    'say:owen: and again' 'see:owen: and again' 'see:anna: for chunks' rest:5
ok "no newline: a nickname, and words" await 5 heard owen "hi there"
ok "each of them" await 5 heard owen "and again"
client before 'say:tina: too early' see:NICK rest:0.1 say:tina 'see:tina joined!' 'say:tina: now' rest:5
ok "words before the nickname: both are understood" await 5 heard tina "too early"
ok "and what comes after" await 5 heard tina "now"
client glued see:NICK 'say:timtim: stuck together' 'see:tim joined!' rest:5
ok "words that stick to the nickname" await 5 heard tim "stuck together"
tutorial_client eager b 10.0.0.1 55555 edgar
tell eager "hello"
ok "the tutorial's client" await 5 heard edgar hello
ok "sees its own words" await 5 says eager.out 'edgar: hello$'
tell anna "for chunks"
ok "others' words for who knows no newline" await 5 says own.out 'anna: for chunks'
ok "(the tutorial's client)" await 5 says eager.out 'anna: for chunks$'
tell anna "Ünïcode, Кириллица, 漢字, 🎉"
tell anna "$(seq -s ' word, ' 800)"
tell anna "after that"
ok "letters that it can't read, and a text that is too long for it, do it no harm" await 5 says eager.out 'anna: after that'
ok "nor the one before" test ! -s "$work/eager.err"
ok "the long text has come" says eager.out '800'
ok "who knows lines sees every letter" says watcher.out '^anna: Ünïcode, Кириллица, 漢字, 🎉$'

# What they can't do to others.
client evil see:NICK 'say:evil\n' 'say:\x1b[31mred\x07 \xc2\x9bm \xff\xff\xfe\n' 'say:anna: not I\n' rest:5
ok "what is no text is no harm: it is shown to those who asked for all" await 5 event ears '.nick == "evil" and .text == "anna: not I"'
ok "and on a terminal it stays in its place" await 5 says watcher.out '^evil: anna: not I$'
ok "no control character goes to who knows lines" test "$(LC_ALL=C grep -cP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$work/watcher.out")" -eq 0
client twin see:NICK 'say:anna\n' 'say:I am anna\n' rest:5
await 5 event ears '.text == "I am anna"'
tell anna "so am I"
await 5 event ears '.text == "so am I"'
ok "a nickname that somebody has: both are shown, differently" test \
    "$(jq -r 'select(.text == "I am anna" or .text == "so am I") | .nick' "$work/ears.out" | sort -u | grep -c '^anna')" -eq 2
client space see:NICK 'say:a b\tc~\n' 'say:odd name\n' rest:5
ok "a nickname that is none is cleaned" await 5 event ears '.text == "odd name" and (.nick | test("^[^ \t~]+$"))'
ok "who types slowly is one person with one name and one word" await 5 heard slowly "one word"

# Nobody came twice, and everybody is one.
for nick in tel kay finn eve owen tina tim edgar slowly; do ok "$nick joined once" joined "$nick"; done
twice() { jq -c 'select(.event == "message") | [.nick, .text]' "$work/ears.out" | sort | uniq -d; }
ok "no word came twice" test -z "$(twice)"
words_of() { said_by ears "$1" | tr '\n' '|'; }
ok "nicknames are no words" test "$(words_of tina)$(words_of owen)$(words_of tim)" = \
    "too early|now|hi there|and again|stuck together|"

# A crowd: from 100 people on, joins are folded.
cat >"$work/crowd.py" <<'PYTHON'
import socket, sys, time
people = []
for number in range(110):
    person = socket.create_connection(("10.0.0.1", 55555))
    person.sendall(b"crowd%d\n" % number)
    people.append(person)
print("all in", flush=True)
sys.stdin.readline()
PYTHON
typed crowd b python3 "$work/crowd.py"
await 10 says crowd.out 'all in'
ok "110 people more come" await 10 event ears '.event == "join" and .nick == "crowd109"'
tell watcher "so many"
ok "and are no harm to anybody" await 5 heard watcher "so many"
before=$(wc -l <"$work/watcher.out")
tell crowd "go"
left() { [ "$(jq -r 'select(.event == "leave") | .nick' "$work/ears.out" | grep -c '^crowd')" -eq 110 ]; }
ok "all of them leave at once" await 10 left
sleep 1.2
told=$(($(wc -l <"$work/watcher.out") - before))
echo "# $told lines"
ok "of which the rest are told in few lines" test "$told" -le 40 -a "$told" -ge 1
finish
