#!/usr/bin/env bash
# A conference: 150 hosts at one hub, more than twice as many as one node has links. All hear each other, who comes has
# the history, and who stays does not mind who goes or stands still.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs jq
host h
via=(--via 127.0.0.1)
declare -A pid_of

# come NAME...: listeners.
come() {
    local name
    for name; do
        start "$name" h "$LANCHAT" listen --json -H 3 "${via[@]}"
        pid_of[$name]=$pid
    done
}

# shown COUNT PATTERN NAME...: all these together have been shown so many lines that match.
shown() (
    count=$1 pattern=$2
    shift 2
    cd "$work" || exit
    [ "$(cat "${@/%/.out}" | grep -cE -- "$pattern")" -eq "$count" ]
)

kill_all() {
    local name
    for name; do kill -KILL "${pid_of[$name]}"; done
    for name; do wait "${pid_of[$name]}"; done
} 2>/dev/null # the shell would say whom it killed

hub hub h
hub=$pid
say() { on h "$LANCHAT" say "$@" "${via[@]}"; }
seq -f 'line %g' 40 >"$work/before"
ok "40 lines" say -n jack <"$work/before"
mapfile -t everybody < <(seq 150)
come "${everybody[@]}"
ok "150 connect" await 20 shown 150 '"event":"ready"' "${everybody[@]}"
ok "each has the last three lines" await 5 shown 450 '"text":"line (38|39|40)"' "${everybody[@]}"
ok "and no others" shown 450 '"event":"message"' "${everybody[@]}"
person anna h "${via[@]}"
person bert h "${via[@]}"
ok "who comes last is told of who is there" await 5 event bert '.event == "join" and .nick == "anna" and .present'
ok "and the other of him" await 5 event anna '.event == "join" and .nick == "bert"'
tell anna "hello, all"
ok "said by one, it is shown by all" await 10 shown 150 '"text":"hello, all"' "${everybody[@]}"
tell bert "from the last"
ok "and so by the other" await 10 shown 150 '"text":"from the last"' "${everybody[@]}"
ok "who --json" status 0 on h "$LANCHAT" who --json "${via[@]}"
ok "counts them" test "$(grep -c '"role":"listener"' "$work/last.out")" -eq 150
ok "and one hub" test "$(grep -c '"role":"hub"' "$work/last.out")" -eq 1

mapfile -t killed < <(seq 1 2 150)
mapfile -t left < <(seq 4 2 150)
kill -STOP "${pid_of[2]}"
kill_all "${killed[@]}"
ok "half of them killed, and one stopped" tell anna "who is left?"
ok "it is shown by the others" await 10 shown 74 '"text":"who is left\?"' "${left[@]}"
seq -f 'a line of about fifty bytes, as people type it: %g' 1000 >"$work/many"
ok "1,000 lines" say -n many <"$work/many"
ok "each has them" await 20 shown 74000 '"nick":"many"' "${left[@]}"
ok "in order" said "$(cat "$work/many")" many 4 80 150 anna bert
mapfile -t more < <(seq 201 260)
come "${more[@]}"
ok "60 come instead" await 20 shown 60 '"event":"ready"' "${more[@]}"
ok "they have what was said last" await 5 shown 180 '"event":"message".*: (998|999|1000)"' "${more[@]}"
ok "who" status 0 on h "$LANCHAT" who "${via[@]}"
ok "lists the persons" test "$(sort "$work/last.out")" = $'anna\nbert'
kill -CONT "${pid_of[2]}"
ok "who stood still goes on where he was" await 10 said "$(cat "$work/many")" many 2
ok "nobody has lost anything" nothing_lost
ok "and everybody has all of it once" shown $((74 * 1006)) '"event":"message"' "${left[@]}"
kill -TERM "$hub"
ok "SIGTERM ends the hub with 0" ends "$hub" 5 0
finish
