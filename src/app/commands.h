/* The commands. Each runs to its end and returns the exit status. */
#ifndef LANCHAT_COMMANDS_H
#define LANCHAT_COMMANDS_H

#include "options.h"

enum command_bit {
    COMMAND_CHAT = 1,
    COMMAND_SAY = 2,
    COMMAND_LISTEN = 4,
    COMMAND_WHO = 8,
    COMMAND_ROOMS = 16,
    COMMAND_HUB = 32,
    COMMAND_RELAY = 64,
    COMMAND_DUMP = 128,
    COMMAND_PEOPLE = 31, /* those of one room and for one person or script */
    COMMAND_SEND = COMMAND_PEOPLE | COMMAND_RELAY,
    COMMAND_LAN = COMMAND_SEND | COMMAND_DUMP,
    COMMAND_NODES = COMMAND_SEND | COMMAND_HUB,
    COMMAND_JSON = COMMAND_PEOPLE | COMMAND_DUMP,
    COMMAND_ALL = COMMAND_NODES | COMMAND_DUMP,
};

enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
};

int command_chat(const struct options *options);
int command_say(const struct options *options);
int command_listen(const struct options *options);
int command_who(const struct options *options);
int command_rooms(const struct options *options);
int command_hub(const struct options *options);
int command_relay(const struct options *options);
int command_dump(const struct options *options);

#endif
