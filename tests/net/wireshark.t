#!/usr/bin/env bash
# What Wireshark's dissector makes of real captures of LANs is what `listen --json` heard there, and what `dump --read`
# says: fields, Info column and conversation; with one datagram in five lost at every host, with records that the
# capture lacks, with IPv6 alone, and in every format.
#
#     a (jack), b (molly) --- lan0 (captured) --- l (listens, captured, too)        s, t --- lan6
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

can_capture || skip_all "tcpdump is not permitted here"
needs tshark editcap python3 jq
ports='udp portrange 55555-55571'
long="the first words of a long text,$(seq -s ' word' 500) and its last words"

# saved: all captures are whole.
sniffers=()
saved() { recorded "${sniffers[@]}" && sniffers=(); }
record_all() { # NAME TYPE: on all interfaces of host l
    start "$1" l tcpdump -Z root --immediate-mode -U -i any -y "$2" -w "$work/$1.pcap" "$ports"
    await 10 grep -q 'listening on' "$work/$1.err"
    sniffers+=("$pid")
}

# What somebody said, each message once and each speaker's in order: as it was heard, and as the capture has it.
in_order() { sort -t, -s -k 1,1 -k 2,2n; }
dialogue() { conversation "$1" | sed -E 's/^[0-9:]{8} //; s/( \[(repaired|replay)\])+$//'; }
messages() { dissected "$1" | python3 "$here/dissected.py" messages | in_order; }
dumped() { python3 "$here/dissected.py" messages "$work/$1.dump" | in_order; }
heard_by() { jq -r --arg nick "$2" 'select(.event == "message" and .nick == $nick) | "\($nick): \(.text)"' "$work/$1.out"; }
told() { dialogue "$1" | grep "^$2: "; }

# tells NAME LISTENER NICK...: in every way.
tells() {
    local name=$1 listener=$2 nick
    shift 2
    in_words "$name"
    in_fields "$name"
    streams "$listener" >"$work/$name.heard"
    messages "$name" >"$work/$name.messages"
    dumped "$name" >"$work/$name.dumped"
    ok "$name: the Info column is what dump says, of each packet" alike "$name.info" "$name.content"
    agree() { dissected "$name" | python3 "$here/dissected.py" agree "$work/$name.dump"; }
    ok "$name: so are the fields" agree
    ok "$name: origins, numbers, nicknames and texts are those that were heard" alike "$name.heard" "$name.messages"
    ok "$name: dump has them, too" alike "$name.heard" "$name.dumped"
    for nick; do
        heard_by "$listener" "$nick" >"$work/$name.$nick.heard"
        told "$name" "$nick" >"$work/$name.$nick.told"
        ok "$name: the conversation has each message of $nick once, in order" alike "$name.$nick.heard" "$name.$nick.told"
    done
    ok "$name: and nobody else's" test "$(dialogue "$name" | grep -cv '^[*-]')" -eq "$(wc -l <"$work/$name.heard")"
    ok "$name: Lua raises no error" no_lua_error "$name"
}

lan lan0
hosts lan0 10.0.0 a b l

# Who hears nobody speaks by every path.
record alone lan0 "$ports"
sniffers+=("$pid")
on a "$LANCHAT" say -q -c 0 -n jack "is anybody here?"
ok "(captured)" saved
ok "expert information names duplicates" test "$(shark alone -Y lanchat.expert.duplicate | wc -l)" -eq 3
ok "which have a filter" test "$(shark alone -Y 'lanchat.text && lanchat.duplicate' | wc -l)" -eq 3
ok "(and are told once)" test "$(dialogue alone)" = "jack: is anybody here?"

# A chat with losses.
record chat lan0 "$ports"
sniffers+=("$pid")
record_all cooked LINUX_SLL
record_all cooked2 LINUX_SLL2
lose 20 a b l
listener ears l
person jack a
person molly b
await 10 event jack '.event == "join" and .nick == "molly"'
in_turn 0.02 20 "%s's line %d, what's up!?" jack molly
forty() { [ "$(texts ears | wc -l)" -eq 40 ] && [ "$(said_by jack molly | wc -l)" -eq 20 ] && [ "$(said_by molly jack | wc -l)" -eq 20 ]; }
ok "(half of it is heard by all)" await 15 forty
sleep 0.3 # the last answers
in_turn 0.02 20 "%s's line 1%03d, what's up!?" jack molly
tell jack "$long"
tell molly "Привет, 世界 🎉, \"back\\slash\" | 100 %"
all() { [ "$(texts ears | wc -l)" -eq 82 ]; }
ok "all is heard, though one datagram in five is lost everywhere" await 15 all
hang_up molly
await 10 event ears '.event == "leave" and .nick == "molly"'
ok "(captured)" saved
tells chat ears jack molly
shark chat -Y lanchat.text -T fields -e lanchat.nick -e lanchat.text >"$work/chat.fields"
ok "a filter and two fields print the dialogue" test "$(grep -c "^jack.*jack's line [0-9]*, what's up" "$work/chat.fields")" -ge 40
ok "joins and leaves are told" test "$(dialogue chat | grep -c '^\* \(jack joined\|molly joined\|molly left\)$')" -eq 3
ok "nothing is told as lost" lacks grep -q '^-- ' <(dialogue chat)
repairs() { shark "$1" -Y lanchat.expert.repair -T fields -e frame.number | wc -l; }
ok "expert information names repairs" test "$(repairs chat)" -ge 1
ok "no gap" test "$(shark chat -Y lanchat.expert.gap | wc -l)" -eq 0
ok "what was repaired is marked as such" grep -q ' \[repaired\]$' <(conversation chat)
first=$(jq -r 'select(.event == "message" and .nick == "jack").id' "$work/ears.out" | head -1)
filters=("lanchat.version == 1" "lanchat.sender == 0x$first" "lanchat.room == 0x1ccae3b6ef72f533" "lanchat.hops == 1" "lanchat.type == 1"
    "lanchat.origin == 0x$first" "lanchat.seq == 17" "lanchat.nick == \"jack\"" "lanchat.text contains \"up!?\"" "lanchat.time >= \"2020-01-01\""
    "lanchat.room.name == \"lobby\"" "lanchat.path.kind == 1" "lanchat.joining == 1" "lanchat.role == 1" "lanchat.repair")
printf -v counted ',%s' "${filters[@]}"
shark chat -q -z "io,stat,0$counted" | grep '<>' >"$work/filters.out" # a row with the frames and octets of each
for index in "${!filters[@]}"; do
    frames=$(cut -d '|' -f "$((2 * index + 3))" "$work/filters.out")
    ok "a filter: ${filters[index]}" test "${frames:-0}" -ge 1
done
clock() { shark chat -Y "lanchat.origin == 0x$first && lanchat.seq == 17" -T fields -e lanchat.time | head -1; }
listened() { jq -r --arg id "$first" 'select(.event == "message" and .id == $id and .seq == 17).time[11:23]' "$work/ears.out"; }
ok "the time of a message is the one that was heard" grep -qF "$(listened)" <(clock)

# The same host in other formats, and the same capture in other files.
for name in cooked cooked2; do tells "$name" ears jack molly; done
editcap -F pcapng "$work/chat.pcap" "$work/pcapng.pcap"
editcap -F nsecpcap "$work/chat.pcap" "$work/nanoseconds.pcap"
for name in pcapng nanoseconds; do
    in_words "$name"
    ok "$name: the Info column is the same" alike chat.info "$name.info"
    ok "$name: so is what dump says" alike chat.info "$name.content"
    ok "$name: so is the conversation" test "$(conversation "$name")" = "$(conversation chat)"
done

# What the capture lacks.
frames() { shark "$1" -Y "$2" -T fields -e frame.number; }
mapfile -t without < <(frames chat "lanchat.origin == 0x$first && (lanchat.seq == 7 || lanchat.seq == 8 || lanchat.seq == 21)")
editcap "$work/chat.pcap" "$work/without.pcap" "${without[@]}"
ok "numbers that the capture lacks are marked in the conversation" test \
    "$(dialogue without | grep '^-- lost')" = $'-- lost: jack 7-8\n-- lost: jack 21'
ok "where they were said" test "$(told without jack; dialogue without | grep -A 1 '^-- lost: jack 21' | tail -1)" = \
    "$(told chat jack | sed -e 7,8d -e 21d; told chat jack | sed -n 22p)"
ok "expert information names each gap" test "$(shark without -Y lanchat.expert.gap | wc -l)" -eq 2
ok "with the numbers" grep -q 'gap: jack 7-8 not seen before this' <(shark without -Y lanchat.expert.gap -T fields -e _ws.expert.message)
ok "Lua raises no error" no_lua_error without

# A capture that itself has lost one packet in five.
count=$(shark chat -T fields -e frame.number | wc -l)
mapfile -t lost < <(awk -v n="$count" 'BEGIN { srand(5); for (i = 1; i <= n; i++) if (rand() < 0.2) print i }')
editcap "$work/chat.pcap" "$work/holes.pcap" "${lost[@]}"
in_words holes
in_fields holes
ok "a capture with holes: the Info column is what dump says" alike holes.info holes.content
messages holes >"$work/holes.messages"
dumped holes >"$work/holes.dumped"
ok "the fields are dump's" alike holes.dumped holes.messages
for nick in jack molly; do
    jq -r --arg nick "$nick" 'select(.[2] == $nick) | "\(.[2]): \(.[3])"' "$work/holes.messages" | grep "'s line" >"$work/holes.$nick"
    told holes "$nick" | grep "'s line" >"$work/holes.$nick.told"
    ok "the conversation has each message of $nick that is there, once, in order" alike "holes.$nick" "holes.$nick.told"
done
editcap "$work/chat.pcap" "$work/late.pcap" "1-$(frames chat "lanchat.text contains \"line 1001,\"" | head -1)"
ok "a capture that begins in the midst of it: likewise" test "$(told late jack)" = \
    "$(messages late | jq -r 'select(.[2] == "jack") | "\(.[2]): \(.[3])"')"
ok "of which nothing before is told as lost" lacks grep -q '^-- ' <(dialogue late)
editcap -s 90 "$work/chat.pcap" "$work/cut.pcap"
ok "one with packets cut off: Lua raises no error" no_lua_error cut
conversation cut >"$work/cut.told"
ok "(nor in the conversation)" no_lua_error cut

# IPv6 alone.
lan lan6
for n in s t; do
    host "$n"
    plug "$n" lan6 eth0
done
record six lan6 "$ports"
sniffers+=("$pid")
listener ears6 t
person sara s
person tom t
in_turn 0 10 "%s's line %d" sara tom
twenty() { [ "$(texts ears6 | wc -l)" -eq 20 ]; }
ok "IPv6 alone: all is heard" await 5 twenty
ok "(captured)" saved
tells six ears6 sara tom
ok "without IPv4" test "$(shark six -Y 'lanchat && !ipv6' | wc -l)" -eq 0

# Loaded twice: by a folder of plugins, and by the command line.
twice() { shark chat -X "lua_script:$dissector" -T fields -e _ws.col.Info; }
ok "loaded twice: the same" test "$(twice)" = "$(cat "$work/chat.info")"
cp "$dissector" "$work/plugins"
infos() { shark chat -T fields -e _ws.col.Info; }
ok "from a folder and by name: the same" test "$(infos)" = "$(cat "$work/chat.info")"
ok "the conversation, too" test -n "$(conversation chat)"
ok "nothing is said of it" no_lua_error chat
finish
