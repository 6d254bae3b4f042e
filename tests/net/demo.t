#!/usr/bin/env bash
# `make demo`: by itself, and with users at terminals who leave in all the ways there are. Nothing is left of it: neither
# processes nor files nor sockets. Its network namespaces have no names outside of it, and so go with the processes.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs tmux ncat socat pgrep
demo=${here%/net}/demo/run
host u
unset LANCHAT_NAMESPACE DEMO_SECONDS # it has its own
export TERM=xterm

# Each demo has a folder for its files, and has the name of that in the environment of all its processes.
runs() { grep -qzsx "TMPDIR=$work/$1" /proc/[0-9]*/environ; }
nothing_left() { lacks runs "$1" && rmdir "$work/$1"; }

# user NAME: somebody at a terminal.
user() {
    mkdir "$work/$1"
    typed "$1" u socat - EXEC:"env TMPDIR=$work/$1 $demo",pty,setsid,ctty
}

# keys NAME KEYS
keys() { (printf '%s' "$2" >&"${input_of[$1]}"); }

# quits NAME: closes the pane that he is in; true if that was the last.
quits() {
    keys "$1" $'\004'
    sleep 0.3
    lacks runs "$1"
}

declare -A process
for name in detaches quits closes killed interrupts; do
    user "$name"
    process[$name]=$pid
done
begun() { ls "$work/interrupts"/*/hub.err >/dev/null 2>&1; }
await 5 begun
keys interrupts $'\003'
ok "interrupted while it begins, it ends" await 5 gone "${process[interrupts]}"
ok "and nothing is left" await 2 nothing_left interrupts
for name in detaches quits closes killed; do
    ok "a user sees the talk" await 10 grep -qs anybody "$work/$name.out"
done
await 20 quits quits &
everybody=$!
keys detaches $'\002d'
ok "he detaches: it ends" ends "${process[detaches]}" 5 0
ok "and nothing is left" await 2 nothing_left detaches
kill -KILL "${process[closes]}"
ok "the terminal is closed" ends "${process[closes]}" 5 137
ok "nothing is left" await 5 nothing_left closes
victim=$(pgrep -P "${process[killed]}")
kill -TERM "$victim"
sleep 0.02
kill -HUP "$victim" 2>/dev/null
ok "it is killed, and again while it ends: nothing is left" await 5 nothing_left killed

mkdir "$work/alone"
ok "by itself: 0" status 0 env TMPDIR="$work/alone" DEMO_SECONDS=3 "$demo"
ok "and nothing is left" await 2 nothing_left alone
left=$(sed -n 's/│.*//p' "$work/last.out")
right=$(sed -n 's/.*│//p' "$work/last.out")
below=$(sed '1,/nora, /d' "$work/last.out")
ok "what is said on LAN 0 is shown on LAN 1" grep -q "jack: Is anybody on the second" <<<"$right"
ok "also to who came later" test "$(grep -c "molly: Lunch" <<<"$right")" -eq 2
ok "what is said on LAN 1 is shown on LAN 0" test "$(grep -c "anna: Here" <<<"$left")" -eq 2
ok "what is said with ncat, everywhere" test "$(grep -c "nora: Me too" <<<"$left$right")" -eq 4
ok "and what the others say, there" grep -q "jack: anna: bring" <<<"$below"

ok "everybody quits: it ends" wait "$everybody"
ok "and nothing is left" await 2 nothing_left quits

ok "neither a user nor DEMO_SECONDS: 1" status 1 "$demo"
ok "says what to do" says last.err '^lanchat: demo: .*DEMO_SECONDS'
ok "a word in place of seconds: 1" status 1 env DEMO_SECONDS=soon "$demo"
ok "names it" says last.err '^lanchat: demo: soon: '
mkdir "$work/bin"
ln -s "$(command -v bash)" "$work/bin"
status 1 env PATH="$work/bin" "$demo"
if [ -x /usr/sbin/tmux ]; then
    skip "without tmux" "it is where administrators have their commands"
else
    ok "without tmux: says what to install" says last.err '^lanchat: demo: there is no tmux: .*install tmux'
fi
finish
