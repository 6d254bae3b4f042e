#!/usr/bin/env bash
# However the chat in a terminal ends or stands still, the terminal is as it was before; terminals that can less; and the
# transcript.
#
#     a (has the terminals), b (molly), s (says) --- lan0
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source=tmux.sh source-path=SCRIPTDIR
. "$(dirname "$0")/tmux.sh"

needs jq nft
lan lan0
hosts lan0 10.0.0 a b s
clock='[0-2][0-9]:[0-5][0-9]'
person molly b
left() { event molly ".event == \"leave\" and .nick == \"$1\" and .reason == \"$2\""; } # NAME REASON

# restored NAME: stty says what it said before; what is typed is seen; a paste comes without brackets.
restored() {
    await 5 cmp -s "$work/$1.before" "$work/$1.after" || return 1
    types "$1" "seen when typed"
    await 5 line "$1" "seen when typed" || return 1
    keys "$1" Enter
    await 5 shows "$1" "(seen when typed ){2}" || return 1
    paste "$1" "a paste"
    await 5 line "$1" "a paste" && [ "$(format "$1" '#{cursor_flag}')" = 1 ]
}

# Signals that end it.
for signal in TERM INT HUP; do
    name=by-$signal
    chat "$name" a 80x24
    types "$name" "half a line that is longer than the half of what a row has, with more to come, and more and more"
    await 5 bottom "$name" "> half a line that is longer than the half of what a row has, with more to come, and more and more"
    kill -s "$signal" "$(process "$name")"
    ok "SIG$signal: the chat ends" await 5 line "$name" 'ended: 0'
    ok "the terminal is as it was" restored "$name"
    ok "others are told" await 5 left "$name" bye
    term kill-session -t "$name"
done
for signal in SEGV ABRT BUS QUIT USR1 ALRM XCPU; do
    name=by-$signal
    chat "$name" a 80x24
    types "$name" "half a line that is longer than the half of what a row has, with more to come, and more and more"
    await 5 shows "$name" "more and more"
    kill -s "$signal" "$(process "$name")"
    ok "SIG$signal: it dies by it" await 5 line "$name" "ended: $((128 + $(kill -l "$signal")))"
    ok "what was typed is not left there" lacks shows "$name" "half a line"
    ok "the terminal is as it was" restored "$name"
    term kill-session -t "$name"
done
chat shut a 80x24
pid=$(process shut)
term kill-session -t shut
ok "the terminal is closed: the chat ends" await 5 gone "$pid"
ok "and others are told" await 5 left shut bye

# What is typed while it leaves is meant for the shell, perhaps: nobody hears it.
person slow s
slow=$pid
chat leaver a 80x24
await 5 event slow '.event == "join" and .nick == "leaver"'
kill -STOP "$slow"
enter leaver "the last words"
keys leaver C-d
ok "it leaves when everybody has its words, and says so" await 3 shows leaver "leaving when everybody has what you said"
enter leaver "pa55word"
ok "(they are heard)" await 5 event molly '.text == "the last words"'
ok "it ends, whoever does not answer" await 10 line leaver 'ended: 0'
await 5 left leaver bye
ok "what was typed meanwhile nobody hears" lacks event molly '.text == "pa55word"'
chat hasty a 80x24
await 5 event molly '.event == "join" and .nick == "hasty"'
enter hasty "in a hurry"
keys hasty C-d
await 3 shows hasty "leaving when everybody"
keys hasty C-c
ok "Ctrl-C: at once" await 2 line hasty 'ended: 0'
kill -CONT "$slow"
term kill-session -t leaver
term kill-session -t hasty

# Suspended. The shell is one that leaves the terminal's settings alone.
terminal job a 80x24 env PS1='$ ' XDG_STATE_HOME="$work/job.state" sh -i
enter job "stty -a >$work/job.before; sh -c 'echo \$\$ >$work/job.pid; exec $LANCHAT -n job'"
await 10 shows job 'lobby: .* here'
types job "begun before the pause"
await 5 bottom job "> begun before the pause"
keys job C-z
ok "^Z: the shell has the terminal" await 5 line job '\$'
enter job "stty -a >$work/job.after; echo typed to the shell"
ok "which is as it was" await 5 line job "typed to the shell"
ok "(its settings)" cmp "$work/job.before" "$work/job.after"
tell molly "said while it stood still"
enter job "fg"
ok "fg: what was typed is there" await 5 bottom job "> begun before the pause"
ok "and what was said meanwhile" await 5 line job "$clock molly: said while it stood still"
keys job Enter
ok "it goes on" await 5 event molly '.nick == "job" and .text == "begun before the pause"'
ok "(all of it once)" once job "said while it stood still"
pid=$(cat "$work/job.pid")
kill -TSTP "$pid"
twice() { [ "$(flat job | grep -o Stopped | wc -l)" -eq 2 ]; }
ok "SIGTSTP: as ^Z" await 5 twice
enter job "stty -a >$work/job.after; echo again to the shell"
ok "the shell has the terminal" await 5 line job "again to the shell"
ok "as it was" cmp "$work/job.before" "$work/job.after"
term resize-window -t job: -x 60 -y 20
enter job fg
ok "and the chat again, though its size is another" await 5 bottom job ">"
typed="as long as what is typed in a row of sixty columns, and longer"
types job "$typed"
ok "it knows its size" await 5 bottom job "> $typed"
keys job C-u
term kill-session -t job
ok "a closed terminal: others are told" await 5 left job bye
terminal killed a 80x24 env PS1='$ ' XDG_STATE_HOME="$work/killed.state" bash --norc --noprofile -i
enter killed "sh -c 'echo \$\$ >$work/killed.pid; exec $LANCHAT -n killed'"
await 10 shows killed 'lobby: .* here'
keys killed C-z
await 5 shows killed 'Stopped.*\$ $'
enter killed 'kill %1'
ok "killed while it is suspended: it ends" await 5 gone "$(cat "$work/killed.pid")"
ok "and others are told" await 5 left killed bye
chat still a 80x24
types still "$typed"
await 5 bottom still "> $typed"
pid=$(process still)
kill -STOP "$pid"
tell molly "said while it was stopped"
kill -CONT "$pid"
ok "SIGSTOP and SIGCONT: all is there" await 5 line still "$clock molly: said while it was stopped"
ok "and the line whole" await 5 bottom still "> $typed"
keys still Enter
ok "keys come one by one" await 5 event molly ".nick == \"still\" and .text == \"$typed\""
keys still C-z
enter still "not to be stopped"
ok "^Z where no shell waits for it does nothing" await 5 event molly '.text == "not to be stopped"'
# Nothing tells us that we are stopped: the shell itself has to set the terminal right, as bash does.
terminal bash a 80x24 env PS1='$ ' XDG_STATE_HOME="$work/bash.state" bash --norc --noprofile -i
enter bash "sh -c 'echo \$\$ >$work/bash.pid; exec $LANCHAT -n bash'"
await 10 shows bash 'lobby: .* here'
types bash "another"
await 5 bottom bash "> another"
kill -STOP "$(cat "$work/bash.pid")"
ok "SIGSTOP under a shell" await 5 shows bash 'Stopped.*\$ $'
enter bash fg
ok "fg: the line is there" await 5 bottom bash "> another"
keys bash Enter
ok "and keys come one by one" await 5 event molly '.nick == "bash" and .text == "another"'

# What was said while there was no hub yet.
early() { # NAME
    terminal "$1" a 80x24 env XDG_STATE_HOME="$work/$1.state" sh "$work/run" "$1" "$LANCHAT" -n "$1" --via 10.0.0.3
    await 5 bottom "$1" ">"
    enter "$1" "said early"
    await 5 line "$1" "$clock $1: said early"
    keys "$1" C-d
}
early soon
hub server s
server=$pid
listener ears b --via 10.0.0.3 -H 9
ok "^D before a hub is reached: the words come there" await 10 event ears '.nick == "soon" and .text == "said early"'
ok "and then it ends" await 7 line soon 'ended: 0'
chat goer a 80x24 --via 10.0.0.3
on s nft -f - <<'NFT'
table inet f { chain in { type filter hook input priority 0; tcp dport 55555 drop; }; }
NFT
for _ in {1..16}; do
    paste goer "$(printf 'more than goes out, %.0s' {1..800})"
    keys goer Enter
done
await 5 bottom goer ">"
enter goer "/join attic"
enter goer "said behind it"
sleep 1
on s nft delete table inet f
listener attic b --via 10.0.0.3 -r attic -H 9
ok "what is typed behind /join is said there" await 10 event attic '.nick == "goer" and .text == "said behind it"'
kill "$server"
await 5 gone "$server"
early never
ok "if there is none it ends" await 7 line never 'ended: 1'
ok "and says why" line never "$clock \\* 10.0.0.3:55555: Connection refused"

# Terminals that can less.
with=TERM=dumb chat dumb a 80x24
enter dumb "line by line"
ok "TERM=dumb: what is typed is said" await 5 event molly '.nick == "dumb" and .text == "line by line"'
tell molly "to a dumb one"
ok "and what others say is shown" await 5 line dumb 'molly: to a dumb one'
ok "plainly" lacks line dumb '>.*'
keys dumb C-d
ok "until the end of input" await 7 line dumb 'ended: 0'
with="LC_ALL=C" chat ascii a 80x24
ok "no UTF-8: that is said" await 5 shows ascii 'this terminal is not set to UTF-8'
tell molly "привет 🎉 ascii"
ok "and ? is shown" await 5 line ascii "$clock molly: \\?{6} \\? ascii"
ok "(said once)" once ascii "not set to UTF-8"
keys ascii C-d
colors() { term capture-pane -p -e -S - -t "$1:" | grep -cE $'\033''\[[0-9;]*(3[0-7]|9[0-7])[;m]'; } # NAME
with="NO_COLOR=1" chat none a 80x24
with="NO_COLOR=1" chat always a 80x24 --color always
chat never a 80x24 --color never
chat auto a 80x24
with="TERM=xterm" chat few a 80x24
tell molly "in all colours"
for name in none always never auto few; do await 5 line "$name" "$clock molly: in all colours"; done
ok "colours" test "$(colors auto)" -gt 0
ok "of 256" test "$(term capture-pane -p -e -S - -t auto: | grep -c '38;5;')" -gt 0
ok "of 16, where there are no more" test "$(term capture-pane -p -e -S - -t few: | grep -c '38;5;')" = 0
ok "(but some)" test "$(colors few)" -gt 0
ok "NO_COLOR: none" test "$(colors none)" = 0
ok "--color never: none" test "$(colors never)" = 0
ok "--color always: always" test "$(colors always)" -gt 0

# The transcript.
with="TZ=XYZ-1:30" chat log a 80x24 --log "$work/log"
enter log "for the record"
enter log "/me writes"
paste log $'two\nlines'
keys log Enter
tell molly "молли's words"
logged() { grep -qxE "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+0130 $2" "$work/$1"; } # FILE ERE
ok "--log: own words" await 5 logged log 'lobby log: for the record'
ok "with date, time and zone" test "$(date -d "$(head -n 1 "$work/log" | cut -d ' ' -f 1)" +%s)" -le "$(date +%s)"
ok "an action" await 5 logged log 'lobby \* log writes'
ok "a newline" await 5 logged log 'lobby log: two\\nlines'
ok "words of others" await 5 logged log "lobby molly: молли's words"
ok "notices" logged log 'lobby \* lobby: .*molly.* here'
enter log "/join attic"
await 5 line log "$clock \\* attic: nobody .*"
enter log "alone"
ok "the room" await 5 logged log 'attic log: alone'
enter log "/history"
await 5 shows log '-- earlier -- .*alone.*-- now --'
ok "what is shown again is not kept again" test "$(grep -c alone "$work/log")" = 1
ok "nobody else may read it" test "$(stat -c %a "$work/log")" = 600
before=$(wc -l <"$work/log")
piped() { printf 'from a pipe\n' | TZ=XYZ-1:30 ip netns exec s "$LANCHAT" -n piper --log "$work/log" >/dev/null 2>&1; }
ok "of a chat without a terminal, too" piped
ok "appended" logged log 'lobby piper: from a pipe'
ok "what it had already is not kept twice" test "$(grep -c 'for the record' "$work/log")" = 1
ok "(nothing of before is gone)" test "$(wc -l <"$work/log")" -gt "$before"
chat full a 80x24 --log /dev/full
enter full "said, though not kept"
ok "a full disk: the chat goes on" await 5 event molly '.text == "said, though not kept"'
ok "and it is said" await 5 shows full '--log /dev/full: No space left on device'
ok "once" once full "/dev/full"
# shellcheck disable=SC2016 # the shell there reads it
terminal most a 80x24 env XDG_STATE_HOME="$work/most.state" sh -c 'ulimit -f 8; exec "$@"' - sh "$work/run" most "$LANCHAT" -n most --log "$work/most"
await 10 shows most 'lobby: .* here'
paste most "$(printf 'so much that it is more than the file may hold, %.0s' {1..200})"
keys most Enter
ok "a file that may grow no more: the chat goes on" await 5 shows most "--log $work/most: File too large"
ok "a folder that is missing: 1" status 1 ip netns exec s "$LANCHAT" --log "$work/no/log" -n nolog
ok "and why" says last.err '^lanchat: --log .*/no/log: No such file or directory$'
terminal nolog a 80x24 sh "$work/run" nolog "$LANCHAT" --log "$work/no/log" -n nolog
ok "in a terminal, too" await 5 line nolog 'ended: 1'
ok "(why)" shows nolog 'lanchat: --log .*/no/log: No such file or directory'
ok "which is as it was" restored nolog
[ "$failed" -eq 0 ] || screens bash never ascii dumb full nolog >&2
finish
