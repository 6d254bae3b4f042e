#!/usr/bin/env bash
# The dissector and `lanchat dump --read` say the same, word for word and field for field: of the reference datagrams,
# with whose comments both agree, and of 10,000 that are damaged, of which neither minds any. SEED makes others, COUNT
# more of them.
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

needs tshark python3 jq
: "${SEED:=1}" "${COUNT:=10000}"
wire=${here%/net}/wire
datagrams() { python3 "$here/datagrams.py" "$@"; }
agree() { dissected "$1" | python3 "$here/dissected.py" "${@:2}"; }

# What somebody has written down.
datagrams wire "$wire"/*.hex >"$work/good.pcap"
in_words good
in_fields good
ok "reference datagrams: each field stands where the comments say, and is what they say" agree good wire "$wire"/*.hex
ok "dump has the same fields" agree good agree "$work/good.dump"
ok "the Info column is what dump says" alike good.info good.content
ok "of what is well-formed nothing is malformed" lacks grep malformed "$work/good.info"

refused=()
for file in "$wire"/refused/*.hex; do
    [ "${file##*/}" = empty.hex ] || refused+=("$file") # Wireshark dissects nothing where there is nothing
done
datagrams wire "${refused[@]}" >"$work/bad.pcap"
in_words bad
in_fields bad
head -qn 1 "${refused[@]}" | sed 's/^# refused: //' >"$work/bad.reasons"
sed -E 's/^malformed at [0-9]+: //; s/ \(.*//' "$work/bad.info" >"$work/bad.said"
ok "what is to be refused is malformed, for the reason that is written there" alike bad.reasons bad.said
ok "offset, record and field are those of dump" alike bad.info bad.content
ok "in its fields, too" agree bad agree "$work/bad.dump"
ok "expert information says so of each" test "$(shark bad -Y lanchat.expert.malformed | wc -l)" -eq "${#refused[@]}"
datagrams wire "$wire/refused/empty.hex" >"$work/empty.pcap"
in_words empty
ok "dump refuses a datagram that is empty" test "$(cat "$work/empty.content")" = "malformed at 0: not a lanchat datagram"

# What nobody would write down.
datagrams mutated "$SEED" "$COUNT" "$wire"/*.hex "$wire"/refused/*.hex >"$work/mutated.pcap"
in_words mutated
in_fields mutated
ok "$COUNT damaged datagrams, from seed $SEED: each is there" test "$(wc -l <"$work/mutated.info")" -eq "$COUNT"
ok "the Info column is what dump says" alike mutated.info mutated.content
ok "the fields are dump's" agree mutated agree "$work/mutated.dump"
ok "Lua raises no error" no_lua_error mutated
ok "nor does it when it is to tell the conversation" test -n "$(conversation mutated)"
ok "of which no control character is shown" lacks grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|[\x{80}-\x9f]' <(conversation mutated)
ok "(nor in the Info column)" lacks grep -qaP '[\x00-\x1f\x7f]|[\x{80}-\x9f]' "$work/mutated.info"
# Connections to a hub, cut into segments anywhere, and damaged ones.
for name in links damaged-links; do
    datagrams "$name" "$SEED" 60 "$wire"/*.hex >"$work/$name.pcap"
    in_words "$name" 2>"$work/last.err"
    in_fields "$name" 2>"$work/last.err"
    ok "$name: Lua raises no error" no_lua_error "$name"
    ok "$name: the conversation has no control character" lacks grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|[\x{80}-\x9f]' <(conversation "$name")
    ok "$name: (nor has the Info column)" lacks grep -qaP '[\x00-\x1f\x7f]|[\x{80}-\x9f]' "$work/$name.info"
done
begins() { sed 's/ \[TCP.*//; s/; /\n/g' "$work/links.$1" | grep -aE '^(greeting NICK|preface of [0-9a-f]{16})$' | sort >"$work/begins.$1"; }
begins info
begins content
ok "whole connections, cut anywhere: dump has the same greetings and prefaces" alike begins.info begins.content
shark links -Y lanchat.type -T fields -e lanchat.type | tr ',' '\n' | sort -n | uniq -c | awk '{ print $1 }' | sort -n >"$work/types.info"
jq -r '.records[]?.type' "$work/links.dump" | sort | uniq -c | awk '{ print $1 }' | sort -n >"$work/types.content"
ok "and as many records of each type" alike types.info types.content

while read -r reason; do
    ok "there are such that are refused: $reason" grep -q "^malformed at [0-9]*: $reason" "$work/mutated.info"
done < <(sort -u "$work/bad.reasons")
jq -r '.records[]?.type' "$work/mutated.dump" | sort -u >"$work/types"
while read -r type; do
    ok "there are well-formed ones with this record: $type" grep -qx "$type" "$work/types"
done < <(jq -r '.records[].type' "$work/good.dump" | sort -u)
finish
