# Completion of lanchat(1) for fish: commands, the options of each, and what some options take.

set -l commands say listen who rooms hub relay dump
set -l chat "not __fish_seen_subcommand_from $commands"
set -l lan "not __fish_seen_subcommand_from hub"
set -l takes_part "not __fish_seen_subcommand_from hub dump"
set -l people "not __fish_seen_subcommand_from hub relay"

complete -c lanchat -f
complete -c lanchat -n $chat -a say -d 'say something and wait until everybody has it'
complete -c lanchat -n $chat -a listen -d 'print what is said'
complete -c lanchat -n $chat -a who -d 'list who is here'
complete -c lanchat -n $chat -a rooms -d 'list the rooms in use'
complete -c lanchat -n $chat -a hub -d 'a TCP server for hosts off the LAN'
complete -c lanchat -n $chat -a relay -d 'bridge LANs, and a hub'
complete -c lanchat -n $chat -a dump -d 'decode every datagram heard'

complete -c lanchat -s h -l help -d 'show help'
complete -c lanchat -s V -l version -d 'show the version'
complete -c lanchat -s q -l quiet -d 'no notices'
complete -c lanchat -n "not __fish_seen_subcommand_from rooms dump" -s r -l room -x -d room
complete -c lanchat -n $lan -s i -l interface -x -a '(ls /sys/class/net 2>/dev/null)' -d 'use only this interface'
complete -c lanchat -n $lan -s 4 -l ipv4 -d 'only IPv4'
complete -c lanchat -n $lan -s 6 -l ipv6 -d 'only IPv6'
complete -c lanchat -n $lan -s p -l port -x -d "the LAN's UDP port"
complete -c lanchat -n $lan -s g -l group -x -d 'multicast group'
complete -c lanchat -n $takes_part -s t -l ttl -x -d 'TTL and hop limit of multicast'
complete -c lanchat -n $takes_part -s b -l broadcast -d 'send to the IPv4 broadcast addresses too'
complete -c lanchat -n $takes_part -l peer -x -a '(__fish_print_hostnames)' -d 'a host that multicast does not reach'
complete -c lanchat -n "not __fish_seen_subcommand_from listen who rooms hub dump" -s n -l nick -x -d nickname
complete -c lanchat -n "not __fish_seen_subcommand_from relay dump" -l via -x -a '(__fish_print_hostnames)' -d 'talk through a hub'
complete -c lanchat -n "not __fish_seen_subcommand_from say who rooms hub relay dump" -s H -l history -x -d 'show the last messages on joining'
complete -c lanchat -n $people -s j -l json -d 'one JSON object a line'
complete -c lanchat -n "__fish_seen_subcommand_from say listen dump" -s c -l count -x -d 'end after so many'
complete -c lanchat -n "__fish_seen_subcommand_from say listen who rooms dump" -s w -l wait -x -d 'give up after this long'
complete -c lanchat -n "__fish_seen_subcommand_from listen" -s m -l match -x -d 'only what matches'
complete -c lanchat -n $chat -l log -r -F -d 'append the transcript to a file'
complete -c lanchat -n $chat -l color -x -a 'auto always never' -d colours
complete -c lanchat -n $chat -l bell -x -a 'never mention all' -d 'when to ring'
complete -c lanchat -n "__fish_seen_subcommand_from hub" -s l -l listen -x -d 'where to listen'
complete -c lanchat -n "__fish_seen_subcommand_from hub" -l allow -x -d 'who may connect'
complete -c lanchat -n "__fish_seen_subcommand_from hub relay" -l user -x -a '(__fish_complete_users)' -d 'become this user'
complete -c lanchat -n "__fish_seen_subcommand_from dump" -s x -l hex -d 'the bytes, too'
complete -c lanchat -n "__fish_seen_subcommand_from dump" -l read -r -F -d 'read a capture'
