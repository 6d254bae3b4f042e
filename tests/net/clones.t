#!/usr/bin/env bash
# A machine that was cloned as it ran, or two that start at one moment with the same clock: the first numbers that the
# kernel gives them as random are the same. They notice, and one has another id.
#
#     a, b, c --- lan0
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs cc
# The first COUNT numbers are 1, 2 and on, in every process.
cc -shared -fPIC -o "$work/clone.so" -x c - <<'C' || skip_all "no library can be made here"
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int getentropy(void *bytes, size_t length)
{
    static unsigned long given;
    const char *count = getenv("CLONED");

    if (!count || given >= strtoul(count, NULL, 10))
        return syscall(SYS_getrandom, bytes, length, 0) == (long)length ? 0 : -1;
    given++;
    memset(bytes, 0, length);
    memcpy(bytes, &given, length < sizeof given ? length : sizeof given);
    return 0;
}
C
LD_PRELOAD=$work/clone.so "$LANCHAT" --version >/dev/null 2>"$work/last.err" && [ ! -s "$work/last.err" ] ||
    skip_all "this program takes no library before its own"
# cloned NAME HOST [OPTION...]: a person whose first 40 numbers are these; not waited for.
cloned() {
    local name=$1 host=$2
    shift 2
    typed "$name" "$host" env LD_PRELOAD="$work/clone.so" CLONED=40 "$LANCHAT" --json -n "$name" "$@"
}
first_id() { jq -r 'select(.event == "ready") | .id' "$work/$1.out"; }

lan lan0
lan lan1
hosts lan0 10.0.0 a b c
hosts lan1 10.0.0 d

# Nicknames have digits behind them while two seem to be called the same.
words() { texts "$1" | grep "^$2 "; }
has_words() { [ "$(words "$1" "$2")" = "$3" ]; }
ids() { jq -r --arg who "$2 " 'select(.event == "message" and (.text | startswith($who))) | .id' "$work/$1.out" | sort -u; }
# all_heard BY NAME NAME: who listens, and each of the two, hears what they say, once.
all_heard() {
    local by=$1 one=$2 other=$3 lines
    for n in 1 2 3; do
        tell "$one" "$one now $n"
        tell "$other" "$other now $n"
        sleep 0.1
    done
    for lines in "$one" "$other"; do
        ok "what $lines says is heard, once" await 5 has_words "$by" "$lines now" "$(seq -f "$lines now %g" 3)"
    done
    ok "by the other, too" await 5 has_words "$other" "$one now" "$(seq -f "$one now %g" 3)"
    ok "and the other way" await 5 has_words "$one" "$other now" "$(seq -f "$other now %g" 3)"
    ok "under one id each, which differ" test "$(ids "$by" "$one now" | wc -l) $(ids "$by" "$other now" | wc -l)" = "1 1" \
        -a "$(ids "$by" "$one now")" != "$(ids "$by" "$other now")"
}
apart() { # ROOM NAME NAME
    on c "$LANCHAT" who --json -w 0.5 -r "$1" >"$work/who.out" 2>/dev/null
    event who ".nick == \"$2\"" && event who ".nick == \"$3\""
}

person carl c
cloned anna a
cloned bert b
await 10 is_ready anna
await 10 is_ready bert
ok "soon both are there" await 5 apart lobby anna bert
all_heard carl anna bert

# Two that meet later, when both have said something under that id.
person cora c -r twins
cloned emil a -r twins
cloned dora d -r twins
await 10 is_ready emil
await 10 is_ready dora
ok "(two draw the same numbers)" test "$(first_id emil | cut -c 1-14)$(first_id dora)" = "$(printf %014d 0)$(first_id emil)"
tell emil "emil before 1"
tell dora "dora before 1"
tell dora "dora before 2"
ok "(heard)" await 5 event cora '.text == "emil before 1"'
ip link set pdeth0 master lan0
ok "they meet later: soon both are there" await 15 apart twins emil dora
all_heard cora emil dora
ok "nobody sees own words" test -z "$(words anna anna; words bert bert; words emil emil; words dora dora)"
finish
