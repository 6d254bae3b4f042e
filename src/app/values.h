/* What each option does with its value. */
#ifndef LANCHAT_VALUES_H
#define LANCHAT_VALUES_H

#include "options.h"

/* Sets what the option is for; the value (NULL: it takes none) is borrowed. Returns what is wrong with it, or
 * NULL. */
typedef const char *apply_option(struct options *options, const char *value);

apply_option set_nick, set_room, add_interface, set_ipv4, set_ipv6, set_port, set_group, set_hops,
    set_broadcast, set_history, set_via, add_peer, add_listen, add_allow, set_user, set_json, set_count,
    set_match, set_wait, set_quiet, set_hex, set_read, set_log, set_color, set_bell, set_help, set_version;

#endif
