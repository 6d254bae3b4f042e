# The parts hub and relay of the benchmark: TCP servers for text clients, and the way from LAN to hub to LAN. CLIENTS are
# the sizes of the crowd, ROUNDS how often each is measured (the median counts), TALK how many seconds of each mode,
# SERVERS who is compared, TUTORIAL the tutorial chat server, IDLE how many only listen.
#
# shellcheck shell=bash
: "${CLIENTS:=10 100 1000}"
: "${ROUNDS:=3}"
: "${TALK:=2}"
: "${IDLE:=5000}"
: "${SERVERS:=least lanchat tutorial ncat ngircd nats}"
: "${TUTORIAL:=$(dirname "${BASH_SOURCE[0]}")/../net/tutorial_server.py}"

MODES="flood fifty little"
port=6000

listens() { ip netns exec h ss -Hltn "sport = :$1" | grep -q .; }

# ngircd_settings PORT: nobody is slowed down, or looked up.
ngircd_settings() {
    printf '%s\n' '[Global]' 'Name = irc.bench.example' 'Info = bench' 'AdminInfo1 = bench' 'AdminEMail = bench@bench.example' \
        'Listen = 127.0.0.1' "Ports = $1" 'ServerUID = nobody' 'ServerGID = nogroup' 'MotdPhrase = bench' \
        '[Limits]' 'MaxConnections = 0' 'MaxConnectionsIP = 0' 'MaxPenaltyTime = 0' 'PingTimeout = 3600' \
        '[Options]' 'DNS = no' 'Ident = no' 'PAM = no'
}

# serve SERVER: starts one afresh on a new $port; its process is $pid, its clients speak $dialect. Fails if it isn't
# there.
serve() {
    local command
    port=$((port + 1))
    dialect=$1
    case $1 in
    least) command=("$BENCH/fanout" -g "$port") ;;
    lanchat) command=("$LANCHAT" hub -q -l "$port") ;;
    tutorial) command=(python3 "$TUTORIAL" 127.0.0.1 "$port") ;;
    ncat) command=(ncat --chat -m 5000 -l 127.0.0.1 "$port") ;;
    ngircd)
        dialect=irc
        ngircd_settings "$port" >"$work/ngircd.conf"
        command=(ngircd -n -f "$work/ngircd.conf")
        ;;
    nats) command=(nats-server -a 127.0.0.1 -p "$port") ;;
    esac
    command -v "${command[0]}" >/dev/null || return 1
    [ "$1" != tutorial ] || [ -e "$TUTORIAL" ] || return 1
    begin "$1" h "${command[@]}"
    await 5 listens "$port"
}

# measure SERVER FILE CLIENTS-ARGUMENT...: what the load generator says of one is appended to a file.
missing_servers=
measure() {
    local server=$1 file=$2
    shift 2
    [[ " $missing_servers " != *" $server "* ]] || return 0
    if serve "$server"; then
        on h timeout 150 "$BENCH/clients" -d "$dialect" -p "$pid" "${@/#PORT/$port}" >>"$work/$file" 2>"$work/clients.err"
        sed "s/^/# $server: /" "$work/clients.err" >&2
    else
        echo "# $server: not installed, or it does not start: left out" >&2
        [ ! -s "$work/$server.err" ] || sed -n '$s/^/# /p' "$work/$server.err" >&2
        missing_servers+=" $server"
    fi
    end_round
}

# middle KEY SERVER CLIENTS MODE: the median of the rounds.
middle() {
    grep -h "^clients=$3 mode=$4 " "$work/hub.$2" 2>/dev/null | grep -o " $1=[^ ]*" | cut -d = -f 2 | median_of
}

# lines_lost SERVER CLIENTS MODE: of all rounds, as TORN/MISSING.
lines_lost() {
    grep -h "^clients=$2 mode=$3 " "$work/hub.$1" 2>/dev/null |
        awk '{ for (i = 1; i <= NF; i++) { split($i, pair, "="); sum[pair[1]] += pair[2] } }
            END { if (NR) print sum["torn"] "/" sum["missing"]; else print "-" }'
}

# columns WHAT GOAL VALUE...: of all servers in their order; the ratio is that of lanchat to the least, or the other way
# round if less is better and GOAL therefore begins with /.
columns() {
    local what=$1 goal=$2 server i=0 values=("${@:3}") least=- lanchat=-
    for server in $SERVERS; do
        [ "$server" != least ] || least=${values[i]}
        [ "$server" != lanchat ] || lanchat=${values[i]}
        i=$((i + 1))
    done
    printf '%-34s' "$what"
    printf ' %11s' "${values[@]}"
    awk -v goal="$goal" -v a="$lanchat" -v b="$least" 'BEGIN {
        number = "^[0-9.]+$"
        ratio = "-"
        if (sub("^/", "", goal)) { swap = a; a = b; b = swap }
        if (goal != "-" && a ~ number && b ~ number && b > 0) ratio = sprintf("%.2f", a / b)
        printf " %8s  %s\n", ratio, goal
    }'
}

head_line() {
    printf '\n%-34s' "$1"
    # shellcheck disable=SC2086 # words
    printf ' %11s' $SERVERS
    printf ' %8s  %s\n' ratio goal
}

# each_server FUNCTION ARGUMENT...: its word of each server, as words; the server is its argument SERVER.
each_server() {
    local server
    for server in $SERVERS; do "${@/#SERVER/$server}"; done
}

print_hub() { # CLIENTS
    local mode
    head_line "$1 clients"
    for mode in $MODES; do
        # shellcheck disable=SC2046 # words
        {
            columns "$mode: deliveries a second" 0.6 $(each_server middle deliveries_per_s SERVER "$1" "$mode")
            columns "$mode: CPU, us a delivery" /0.6 $(each_server middle cpu_us_per_delivery SERVER "$1" "$mode")
            columns "$mode: user CPU, us a delivery" - $(each_server middle user_us_per_delivery SERVER "$1" "$mode")
            columns "$mode: median, us" - $(each_server middle median_us SERVER "$1" "$mode")
            columns "$mode: 99th percentile, us" - $(each_server middle p99_us SERVER "$1" "$mode")
            columns "$mode: lines torn/missing" - $(each_server lines_lost SERVER "$1" "$mode")
        }
    done
}

# Text clients of one server on loopback: fast, many, and little talk.

part_hub() {
    local round count server
    [ -e /run/netns/h ] || host h
    ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
    for round in $(seq "$ROUNDS"); do
        for count in $CLIENTS; do
            for server in $SERVERS; do
                # shellcheck disable=SC2086 # words
                measure "$server" "hub.$server" -n "$count" -s "$TALK" -b 16 127.0.0.1 PORT $MODES
            done
            echo "# round $round of $ROUNDS: $count clients" >&2
        done
    done
    printf '\ntext clients on loopback; ratio: lanchat to the least, of CPU the least to lanchat; speakers at most %s octets ahead\n' \
        "$(grep -oh 'ahead=[0-9]*' "$work"/hub.* | head -1 | cut -d = -f 2)"
    for count in $CLIENTS; do print_hub "$count"; done
    hub_idle
}

# Admission and rest. Who has a short queue for connections is asked to admit a hundred at once, of whom the next takes
# the place of each that is in; and not to hold many more.

hub_idle() {
    local server
    for server in $SERVERS; do
        case $server in
        least | lanchat | nats)
            measure "$server" "hub.$server" -n 1000 -s 1 127.0.0.1 PORT idle
            measure "$server" "hub.$server" -n "$IDLE" -s 5 -b 64 127.0.0.1 PORT idle
            ;;
        *) measure "$server" "hub.$server" -n 1000 -s 1 -b 100 127.0.0.1 PORT idle ;;
        esac
    done
    head_line "idle"
    # shellcheck disable=SC2046 # words
    {
        columns "1000 at once (100): admitted in ms" "< 500 ms" $(each_server middle admitted_ms SERVER 1000 idle)
        columns "1000: memory, KiB" - $(each_server middle rss_kib SERVER 1000 idle)
        columns "$IDLE: admitted in ms" - $(each_server middle admitted_ms SERVER "$IDLE" idle)
        columns "$IDLE: memory, KiB" "< 20480 KiB" $(each_server middle rss_kib SERVER "$IDLE" idle)
        columns "$IDLE: memory, bytes a client" - $(each_server middle bytes_per_client SERVER "$IDLE" idle)
        columns "$IDLE: wake-ups a second" "< 1" $(each_server middle wakeups_per_s SERVER "$IDLE" idle)
    }
}

# One message at a time from LAN to hub to LAN, beside what four connections and three bare programs between them take,
# and beside a listener on the speaker's own LAN.
#
#     s, d --- lan1 --- r1 --- wan --- h
#          l --- lan2 --- r2 --- wan

relay_hosts() {
    local lan
    for lan in lan1 lan2 wan; do [ -e "/sys/class/net/$lan" ] || lan "$lan"; done
    for lan in s d r1 r2 h l; do [ -e "/run/netns/$lan" ] || host "$lan"; done
    plug s lan1 lan 10.1.0.1/24
    plug d lan1 lan 10.1.0.3/24
    plug r1 lan1 lan 10.1.0.2/24
    plug r1 wan wan 10.9.0.11/24
    plug h wan wan 10.9.0.1/24
    plug r2 wan wan 10.9.0.12/24
    plug r2 lan2 lan 10.2.0.2/24
    plug l lan2 lan 10.2.0.1/24
    for lan in s d r1 r2 l; do await 5 has_carrier "$lan" lan; done
    for lan in r1 r2 h; do await 5 has_carrier "$lan" wan; done
}

# collect_into NAME COUNT: what the pipe of NAME gives; $collector.
collect_into() {
    "$BENCH/collect" "$2" 30 "$work/$1.pipe" >"$work/$1.collect" 2>&1 &
    collector=$!
    started+=("$collector")
}

relay_bare() { # COUNT RATE
    local bare
    into_pipe l l "$BENCH/pass" 7004 -
    collect_into l "$1"
    bare=$collector
    await 5 grep -qs listening "$work/l.err"
    begin r2 r2 "$BENCH/pass" 7003 10.2.0.1:7004
    await 5 grep -qs listening "$work/r2.err"
    begin h h "$BENCH/pass" 7002 10.9.0.12:7003
    await 5 grep -qs listening "$work/h.err"
    begin r1 r1 "$BENCH/pass" 7001 10.9.0.1:7002
    await 5 grep -qs listening "$work/r1.err"
    "$BENCH/speak" "$1" "$2" "$OCTETS" | on s "$BENCH/pass" - 10.1.0.2:7001
    finished "$bare"
    mv "$work/l.collect" "$work/bare.collect"
    end_round
}

relay_lanchat() { # COUNT RATE
    local far
    begin h h "$LANCHAT" hub -q -l 7100
    if ! await 5 listens 7100; then
        echo "# lanchat hub does not start: left out" >&2
        end_round
        return
    fi
    begin r1 r1 "$LANCHAT" relay -q -i lan 10.9.0.1:7100
    begin r2 r2 "$LANCHAT" relay -q -i lan 10.9.0.1:7100
    listener probe l
    running+=("$pid")
    await 20 heard s probe "from afar" || echo "# nothing goes from LAN to LAN" >&2
    into_pipe d d "$LANCHAT" listen --json
    into_pipe l l "$LANCHAT" listen --json
    collect_into l "$1"
    far=$collector
    collect_into d "$1"
    await 10 all_listen d l
    sleep 1 # the last joins
    "$BENCH/speak" "$1" "$2" "$OCTETS" | on s "$LANCHAT" say -q -w 10
    finished "$far" "$collector"
    end_round
}

part_relay() {
    local count=100 rate=20
    relay_hosts
    relay_bare "$count" "$rate"
    relay_lanchat "$count" "$rate"
    part "LAN to hub to LAN: $count single messages, ms (three bare programs between four TCP connections)"
    row "median" "$(ms "$(value median bare.collect)")" "$(ms "$(value median l.collect)")" -
    row "99th percentile" "$(ms "$(value p99 bare.collect)")" "$(ms "$(value p99 l.collect)")" -
    row "median, to a listener on the speaker's own LAN" - "$(ms "$(value median d.collect)")" -
    row "added to the bare way, median" - "$(awk -v a="$(value median l.collect)" -v b="$(value median bare.collect)" \
        'BEGIN { if (a == "-" || b == "-") print "-"; else printf "%.2f", (a - b) / 1000 }')" "1 ms"
    row "arrived" "$(value lines bare.collect)" "$(value lines l.collect)" "$count"
}
