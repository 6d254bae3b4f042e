# Completion of lanchat(1) for bash: commands, the options of each, and what some options take.

_lanchat() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=chat i
    local all='--room --quiet --help --version'
    local lan='--interface --ipv4 --ipv6 --port --group --ttl --broadcast --peer'
    local -A options=(
        [chat]="$all $lan --nick --via --history --json --log --color --bell"
        [say]="$all $lan --nick --via --json --count --wait"
        [listen]="$all $lan --via --history --json --count --match --wait"
        [who]="$all $lan --via --json --wait"
        [rooms]="--quiet --help --version $lan --via --json --wait"
        [hub]="$all --via --listen --allow --user"
        [relay]="$all $lan --nick --user"
        [dump]="--quiet --help --version --interface --ipv4 --ipv6 --port --group --json --count --wait --hex --read"
    )

    COMPREPLY=()
    case $before in
    -i | --interface)
        mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null || ifconfig -l 2>/dev/null)" -- "$word")
        return
        ;;
    --log | --read)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --color)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word")
        return
        ;;
    --bell)
        mapfile -t COMPREPLY < <(compgen -W 'never mention all' -- "$word")
        return
        ;;
    --user)
        mapfile -t COMPREPLY < <(compgen -u -- "$word")
        return
        ;;
    -[nrpgtHcmwl] | --nick | --room | --port | --group | --ttl | --peer | --via | --history | --count | --match | --wait | --listen | --allow)
        return
        ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        say | listen | who | rooms | hub | relay | dump)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${options[$command]}" -- "$word")
    elif [[ $command == chat ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'say listen who rooms hub relay dump' -- "$word")
    fi
}

complete -F _lanchat lanchat
