# Tests over real sockets: TAP for prove(1). A test sources this file, makes hosts on bridges in network namespaces of
# its own, and leaves nothing behind: everything goes with the process. Without the right to make namespaces it is
# skipped.
#
#     host a --veth-- bridge lan0 --veth-- host b        each bridge is a LAN, in the test's own namespace
#
# shellcheck shell=bash

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${LANCHAT:=${here%/tests/net}/lanchat}"
export LANCHAT LC_ALL=C.UTF-8
unset LANCHAT_OPTIONS LANCHAT_NICK

# skip_all WHY: the whole file can't be tried here. What is no test says that in its own way.
if ! declare -F skip_all >/dev/null; then
    skip_all() {
        echo "1..0 # SKIP $1"
        exit 0
    }
fi

if [ -z "${LANCHAT_NAMESPACE:-}" ]; then
    flags=-mn
    [ "$(id -u)" -eq 0 ] || flags=-mrn
    unshare "$flags" true 2>/dev/null || skip_all "network namespaces are not permitted here"
    LANCHAT_NAMESPACE=1 exec unshare "$flags" bash "$0" "$@"
fi

work=
started=()
inputs=()
number=0
failed=0

# shellcheck disable=SC2317 # it is the trap's
cleanup() {
    local pid
    exec 2>/dev/null # the shell would say whom it killed
    for pid in "${started[@]}"; do
        kill -CONT "$pid"
        kill -KILL "$pid"
    done 2>/dev/null
    wait 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT

mount -t tmpfs none /run
mkdir -p /run/netns
work=$(mktemp -d)
chmod 755 "$work"
# Names are those of this file, and nobody else is asked for one.
echo "127.0.0.1 localhost" >"$work/hosts"
echo "nameserver 127.0.0.1" >"$work/resolv.conf"
for file in hosts resolv.conf; do
    [ ! -e "/etc/$file" ] || mount --bind "$work/$file" "/etc/$file"
done
ip link set lo up

# lan NAME: a bridge without timers that make tests wait.
lan() {
    ip link add "$1" type bridge forward_delay 0 mcast_snooping 0
    sysctl -qw "net.ipv6.conf.$1.disable_ipv6=1"
    ip link set "$1" up
}

# host NAME: a namespace with a loopback.
host() {
    ip netns add "$1"
    ip -n "$1" link set lo up
    ip netns exec "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
}

# host4 NAME: one that has no IPv6.
host4() {
    host "$1"
    ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

# plug HOST LAN INTERFACE [IPv4/BITS]: an interface of a host on a LAN. Without IPv4, only IPv6 link-local.
plug() {
    ip link add "p$1$3" type veth peer name "$3" netns "$1"
    ip link set "p$1$3" master "$2" up
    [ -z "${4:-}" ] || ip -n "$1" addr add "$4" brd + dev "$3"
    ip -n "$1" link set "$3" up
}

# hosts LAN PREFIX NAME...: hosts with an eth0 on a LAN, at PREFIX.1, PREFIX.2 and on, counted through the whole test.
declare -A last_of
hosts() {
    local lan=$1 prefix=$2 name
    shift 2
    for name; do
        last_of[$prefix]=$((${last_of[$prefix]:-0} + 1))
        host "$name"
        plug "$name" "$lan" eth0 "$prefix.${last_of[$prefix]}/24"
    done
}

# A *network* is several LANs, each behind a router, and the world between them, whose addresses are public:
#
#     a, r0, q0 --- lan0 --- router0 ---.            .--- edge --- vpc --- h    the edge alone has its public address
#                                        > world ---<
#     b, r1, q1 --- lan1 --- router1 ---'            '--- p                     a public host

# world: the bridge between them, 198.51.100.0/24.
world() { lan world; }

# name NAME ADDRESS: what all hosts know it by from now on.
name() {
    local others
    others=$(grep -v " $1\$" "$work/hosts")
    printf '%s\n%s %s\n' "$others" "$2" "$1" >"$work/hosts"
}

# router NAME PUBLIC LAN PREFIX: a host at PREFIX.254 of a LAN that masquerades as PUBLIC in the world, and lets in only
# answers.
router() {
    host "$1"
    plug "$1" world wan "$2/24"
    plug "$1" "$3" eth0 "$4.254/24"
    on "$1" sysctl -qw net.ipv4.ip_forward=1
    on "$1" nft -f - <<'NFT'
table ip nat {
    chain out { type nat hook postrouting priority 100; oifname "wan" masquerade; }
    chain through {
        type filter hook forward priority 0
        ct state established,related accept
        iifname "wan" drop
    }
}
NFT
}

# route GATEWAY HOST...: their way into the world.
route() {
    local gateway=$1 host
    shift
    for host; do ip -n "$host" route add default via "$gateway"; done
}

# routed_lans: lan0 and lan1, and a router r between them that carries no multicast. LAN N is 10.0.N.0/24 and
# fd00:0:0:N::/64.
routed_lans() {
    local n
    host r
    on r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    for n in 0 1; do
        lan "lan$n"
        plug r "lan$n" "eth$n" "10.0.$n.254/24"
        ip -n r -6 addr add "fd00:0:0:$n::fe/64" dev "eth$n" nodad
    done
}

# routed N HOST...: hosts on LAN N with a way to the other, at 10.0.N.1 and fd00:0:0:N::1 and on.
routed() {
    local n=$1 host
    shift
    for host; do
        hosts "lan$n" "10.0.$n" "$host"
        route "10.0.$n.254" "$host"
        ip -n "$host" -6 addr add "fd00:0:0:$n::${last_of[10.0.$n]}/64" dev eth0 nodad
        ip -n "$host" -6 route add default via "fd00:0:0:$n::fe"
    done
}

# cloud HOST PUBLIC: a host at 10.9.0.2 alone, behind an edge that translates PUBLIC to it, one to one.
cloud() {
    lan vpc
    host edge
    plug edge vpc eth0 10.9.0.1/24
    on edge sysctl -qw net.ipv4.ip_forward=1
    plug edge world wan
    host "$1"
    plug "$1" vpc eth0 10.9.0.2/24
    route 10.9.0.1 "$1"
    cloud_moves "$2"
}

# cloud_moves PUBLIC: it gets another public address, and nothing comes or goes by the old one.
cloud_moves() {
    ip -n edge addr flush dev wan
    ip -n edge addr add "$1/24" brd + dev wan
    on edge nft -f - <<NFT
table ip nat
flush table ip nat
table ip nat {
    chain in { type nat hook prerouting priority -100; ip daddr $1 dnat to 10.9.0.2; }
    chain out { type nat hook postrouting priority 100; ip saddr 10.9.0.2 oifname "wan" snat to $1; }
    chain old {
        type filter hook forward priority 0
        ct original ip saddr != 10.9.0.2 ct original ip daddr != $1 drop
    }
}
NFT
}

# two_sites: such a network, its hub at hub.example.
two_sites() {
    lan lan0
    lan lan1
    world
    router router0 198.51.100.1 lan0 192.168.1
    router router1 198.51.100.2 lan1 192.168.1
    hosts lan0 192.168.1 a r0 q0
    hosts lan1 192.168.1 b r1 q1
    route 192.168.1.254 a r0 q0 b r1 q1
    cloud h 198.51.100.80
    name hub.example 198.51.100.80
}

# has_carrier HOST INTERFACE: the kernel says so, which it does up to a second after the other end is up.
has_carrier() { [ "$(ip -n "$1" -br link show dev "$2" | awk '{ print $2 }')" = UP ]; }

# on HOST COMMAND...: runs it there.
on() {
    local host=$1
    shift
    ip netns exec "$host" "$@"
}

# drop HOST MATCH...: of what comes to a host, what one of these matches (in the words of nft) is lost. drop_nothing
# HOST...: no more.
drop() {
    on "$1" nft "table inet f; flush table inet f; table inet f { chain in {
        type filter hook prerouting priority -300; $(printf '%s drop; ' "${@:2}") }; }"
}
drop_nothing() {
    local host
    for host; do on "$host" nft delete table inet f; done
}

# lose PERCENT HOST...: each of these hosts loses so much of what comes to it, at random and for itself alone.
lose() {
    local host
    for host in "${@:2}"; do drop "$host" "udp dport 55555-55571 numgen random mod 100 < $1"; done
}

# start NAME HOST COMMAND...: in the background, output in $work/NAME.out and .err; its process is $pid. Its input is
# empty, or $work/NAME.in if that is there.
start() {
    local name=$1 host=$2 input=/dev/null
    shift 2
    [ ! -e "$work/$name.in" ] || input=$work/$name.in
    : >"$work/$name.out"
    (
        for fd in "${inputs[@]}"; do exec {fd}>&-; done
        exec ip netns exec "$host" "$@" >"$work/$name.out" 2>"$work/$name.err" <"$input"
    ) &
    pid=$!
    started+=("$pid")
}

# listener NAME HOST [OPTION...]: `listen --json`, waited for until it is ready.
listener() {
    local name=$1 host=$2
    shift 2
    start "$name" "$host" "$LANCHAT" listen --json "$@"
    await 10 is_ready "$name"
}

# typed NAME HOST COMMAND...: start, with what the test types for its input; see tell and hang_up.
declare -A input_of
typed() {
    local name=$1 fd
    mkfifo "$work/$name.in"
    start "$@"
    exec {fd}>"$work/$name.in"
    inputs+=("$fd")
    input_of[$name]=$fd
}

# person NAME HOST [OPTION...]: chat with --json, waited for until it is ready.
person() {
    local name=$1 host=$2
    shift 2
    typed "$name" "$host" "$LANCHAT" --json -n "$name" "$@"
    await 10 is_ready "$name"
}

# tell NAME TEXT: types a line; fails if nobody is there to read it.
tell() { (printf '%s\n' "$2" >&"${input_of[$1]}"); }

# in_turn PAUSE COUNT TEXT NAME...: each of these types its first line, then each its second, and so on, with a pause of
# seconds after each round; in the text %s is the name and %d the number of the line.
in_turn() {
    local n name text
    for n in $(seq "$2"); do
        for name in "${@:4}"; do
            printf -v text "$3" "$name" "$n"
            tell "$name" "$text"
        done
        [ "$1" = 0 ] || sleep "$1"
    done
}

# hang_up NAME: ends the input.
hang_up() {
    local fd=${input_of[$1]} other rest=()
    exec {fd}>&-
    for other in "${inputs[@]}"; do
        [ "$other" = "$fd" ] || rest+=("$other")
    done
    inputs=("${rest[@]}")
}

# listens HOST PORT: somebody there takes TCP connections.
listens() { [ -n "$(on "$1" ss -Hltn "sport = :$2")" ]; }

# hub NAME HOST [OPTION...]: `hub`, waited for until it can be connected to.
hub() {
    start "$1" "$2" "$LANCHAT" hub "${@:3}"
    await 10 listens "$2" 55555
}

# relay NAME HOST [OPTION...] URL: `relay`, waited for until it is connected.
relay() {
    start "$1" "$2" "$LANCHAT" relay "${@:3}"
    await 10 says "$1.err" connected
}

# tutorial_server NAME HOST PORT, tutorial_client NAME HOST ADDRESS PORT NICK, line_client NAME HOST ADDRESS PORT NICK:
# what people have in place of lanchat. Clients are waited for until they are in; see tell.
tutorial_server() {
    start "$1" "$2" python3 "$here/tutorial_server.py" 0.0.0.0 "$3"
    await 10 listens "$2" "$3"
}
tutorial_client() {
    typed "$1" "$2" python3 "$here/tutorial_client.py" "$3" "$4" "$5"
    await 10 says "$1.out" 'Connected to server!'
}
line_client() {
    typed "$1" "$2" ncat "$3" "$4"
    await 10 says "$1.out" NICK
    tell "$1" "$5"
}

# bytes NAME HOST ADDRESS PORT STEP...: a client that is told byte for byte what to do, see bytes_client.py.
bytes() {
    start "$1" "$2" python3 "$here/bytes_client.py" "${@:3}"
}

is_ready() { grep -q '"event":"ready"' "$work/$1.out"; }

# can_capture: tcpdump wants to change its user, which it may not where only one user is mapped.
can_capture() { [ "$(cat /proc/self/setgroups)" = allow ] && command -v tcpdump >/dev/null; }

# capture NAME INTERFACE TCPDUMP-ARGUMENT...: what passes an interface of the test's own namespace, in $work/NAME.out.
capture() {
    local name=$1 interface=$2
    shift 2
    : >"$work/$name.err"
    tcpdump -Z root -l --immediate-mode -nn -i "$interface" "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pid=$!
    started+=("$pid")
    await 10 grep -q 'listening on' "$work/$name.err"
}

# record NAME INTERFACE FILTER...: the same, whole and in $work/NAME.pcap.
record() {
    local name=$1 interface=$2
    shift 2
    : >"$work/$name.err"
    tcpdump -Z root --immediate-mode -U -i "$interface" -w "$work/$name.pcap" "$@" 2>"$work/$name.err" &
    pid=$!
    started+=("$pid")
    await 10 grep -q 'listening on' "$work/$name.err"
}

# recorded PID...: such captures end, and are whole.
recorded() {
    local one
    sleep 0.3
    for one; do
        kill "$one"
        ends "$one" 5 0 || return 1
    done
}

# datagrams NAME PATTERN: how many of those recorded hold it.
datagrams() {
    tcpdump -nn -A -r "$work/$1.pcap" 2>/dev/null |
        awk -v pattern="$2" '/^[0-9:.]+ IP6? / { count += hit; hit = 0 } $0 ~ pattern { hit = 1 } END { print count + hit }'
}

# The tests of captures: $work/NAME.pcap as tshark and `lanchat dump --read` have it, the same thing in the same words.
dissector=${here%/tests/net}/src/wireshark/lanchat.lua

# shark NAME ARGUMENT...: tshark with this dissector and no other; what it has to say is in $work/shark.err.
shark() {
    mkdir -p "$work/plugins"
    env -u XDG_CONFIG_HOME HOME="$work" WIRESHARK_PLUGIN_DIR="$work/plugins" \
        tshark -n -X "lua_script:$dissector" -r "$work/$1.pcap" "${@:2}" 2>>"$work/shark.err"
}

# dissected NAME: all fields, for dissected.py. conversation NAME: who said what.
dissected() { shark "$1" -Y lanchat -J "frame lanchat" -T json -x --no-duplicate-keys; }
conversation() { shark "$1" -q -X lua_script1:conversation; }

# no_lua_error NAME: nor does tshark complain of anything else but who runs it.
no_lua_error() {
    [ -z "$(shark "$1" -Y _ws.lua.error)" ] && lacks grep -v '^Running as user' "$work/shark.err" >&2
}

# in_words NAME: what both say of each packet is in $work/NAME.info and $work/NAME.content.
in_words() {
    shark "$1" -Y lanchat -T fields -e _ws.col.Info >"$work/$1.info"
    "$LANCHAT" dump --read "$work/$1.pcap" | sed -E 's/^([^ ]+ ){3}[^ ]+  //' >"$work/$1.content"
}

# in_fields NAME: what dump says of each in JSON is in $work/NAME.dump.
in_fields() { "$LANCHAT" dump --json --read "$work/$1.pcap" >"$work/$1.dump"; }

# alike FILE FILE: both in $work have the same lines, and there are some.
alike() {
    diff "$work/$1" "$work/$2" | cut -c 1-300 | head -20 >&2
    [ -s "$work/$1" ] && cmp -s "$work/$1" "$work/$2"
}

# ends PID SECONDS STATUS: a process that was started ends in time, and so. The shell's own word of signals is not wanted.
ends() {
    local got=0
    {
        await "$2" gone "$1" || return 1
        wait "$1" || got=$?
    } 2>/dev/null
    [ "$got" -eq "$3" ] || { echo "# exit status $got" >&2; return 1; }
}

gone() { ! grep -qs '^State:.[^Z]' "/proc/$1/status"; }

# now_ms: milliseconds of a clock, for a difference.
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# await SECONDS COMMAND...: until the command succeeds.
await() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.05
    done
}

# texts NAME: what somebody has been shown, one text a line.
texts() { jq -r 'select(.event == "message") | .text' "$work/$1.out" 2>/dev/null; }

# said_by NAME NICK: likewise, of one speaker.
said_by() { jq -r --arg nick "$2" 'select(.event == "message" and .nick == $nick) | .text' "$work/$1.out" 2>/dev/null; }

# ids_of NAME NICK: the ids under which somebody has been shown messages of that nickname.
ids_of() { jq -r --arg nick "$2" 'select(.event == "message" and .nick == $nick) | .id' "$work/$1.out" | sort -u; }

# has NAME LINES: somebody has been shown exactly these texts.
has() { [ "$(texts "$1")" = "$2" ]; }

# have LINES NAME...: all of these have.
have() {
    local lines=$1 name
    shift
    for name; do has "$name" "$lines" || return 1; done
}

# said LINES NICK NAME...: all of these have been shown exactly these texts of one speaker.
said() {
    local lines=$1 nick=$2 name
    shift 2
    for name; do [ "$(said_by "$name" "$nick")" = "$lines" ] || return 1; done
}

# nothing_lost [NAME...]: none of these, or nobody at all, has been told of a loss.
nothing_lost() (
    cd "$work" || exit
    set -- "${@/%/.out}"
    [ $# -gt 0 ] || set -- *.out
    grep -q '"lost"' "$@"
    [ $? -eq 1 ]
)

# same_streams NAME NAME: both have been shown the same, each message once, each speaker's in order.
streams() { jq -c 'select(.event == "message") | [.id, .seq, .nick, .text]' "$work/$1.out" | sort -t, -s -k1,1; }
same_streams() { [ "$(streams "$1")" = "$(streams "$2")" ] && [ -z "$(streams "$1" | sort | uniq -d)" ]; }

# event NAME CONDITION: somebody has been shown an event of which the condition, in jq's language, is true.
event() { jq -es "any(.[]; $2)" "$work/$1.out" >/dev/null 2>&1; }

# see_others COUNT NAME...: each of these has been shown the joins of so many.
see_others() {
    local count=$1 name
    shift
    for name; do
        [ "$(jq -r 'select(.event == "join") | .nick' "$work/$name.out" | sort -u | wc -l)" -eq "$count" ] || return 1
    done
}

# whole NAME ID LAST: of origin ID somebody has been shown, or told as lost, each number from 1 to LAST once and in
# order. Records of longer texts are not reckoned with.
whole() {
    jq -en --arg id "$2" --argjson last "$3" 'reduce (inputs | select(.id == $id)) as $e (0;
        if $e.event == "message" then if $e.seq == . + 1 then $e.seq else -1e9 end
        elif $e.event == "lost" then if $e.first == . + 1 then $e.last else -1e9 end
        else . end) == $last' "$work/$1.out" >/dev/null 2>&1
}

# lacks COMMAND...: the command fails.
lacks() { ! "$@"; }

# heard HOST NAME TEXT: what is said on a host, without waiting for anybody, reaches NAME. For await.
heard() {
    on "$1" "$LANCHAT" say -q -c 0 "$3" </dev/null 2>/dev/null
    sleep 0.1
    texts "$2" | grep -qxF -- "$3"
}

# ok DESCRIPTION COMMAND...: a test point.
ok() {
    local what=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $what"
    else
        echo "not ok $number - $what"
        echo "# failed: $*" >&2
        for file in "$work"/*.out "$work"/*.err; do
            [ ! -s "$file" ] || sed "s|^|# ${file##*/}: |" "$file" | head -20 | cut -c 1-200 >&2
        done
        failed=$((failed + 1))
    fi
}

# needs COMMAND...: without these the whole file can't be.
needs() {
    local command
    for command; do command -v "$command" >/dev/null || skip_all "there is no $command"; done
}

# skip DESCRIPTION WHY: a test point that can't be tried here.
skip() {
    number=$((number + 1))
    echo "ok $number # SKIP $1: $2"
}

# status EXPECTED COMMAND...: the command's exit status is as expected; its output is in $work/last.out and .err.
status() {
    local expected=$1 got=0
    shift
    "$@" >"$work/last.out" 2>"$work/last.err" </dev/null || got=$?
    [ "$got" -eq "$expected" ] || { echo "# exit status $got" >&2; return 1; }
}

# says FILE PATTERN: a file in $work holds a line that matches.
says() { grep -qsE -- "$2" "$work/$1"; }

finish() {
    echo "1..$number"
    [ "$failed" -eq 0 ]
}
