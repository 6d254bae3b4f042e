#include <locale.h>
#include <stdio.h>

#include "commands.h"
#include "lanchat/system.h"

#ifndef LANCHAT_VERSION
#define LANCHAT_VERSION "unknown"
#endif

static const struct command commands[] = {
    {"",       "",           "chat with whoever is on this network",                                              COMMAND_CHAT,   command_chat  },
    {"say",    "[TEXT ...]", "say TEXT, or each line of standard input, and wait until everybody has it",
     COMMAND_SAY,                                                                                                                 command_say   },
    {"listen", "",           "print what is said",                                                                COMMAND_LISTEN, command_listen},
    {"who",    "",           "list who is here",                                                                  COMMAND_WHO,    command_who   },
    {"rooms",  "",           "list the rooms in use and how many people are in each",                             COMMAND_ROOMS,  command_rooms },
    {"hub",    "",           "carry the talk of hosts off the LAN: a TCP server for them, and for nc and telnet",
     COMMAND_HUB,                                                                                                                 command_hub   },
    {"relay",  "[URL]",      "bridge this host's LANs, and a hub or a tutorial chat server (nick://HOST)",
     COMMAND_RELAY,                                                                                                               command_relay },
    {"dump",   "",           "decode every datagram heard, one line each; sends nothing",                         COMMAND_DUMP,   command_dump  },
    {NULL,     NULL,         NULL,                                                                                0,              NULL          },
};

static int run(const struct options *options)
{
    if (options->help)
        options_help(commands);
    else if (options->version)
        printf("lanchat %s (wire version %d, without sealed rooms)\n", LANCHAT_VERSION, WIRE_VERSION);
    else
        return options->command->run(options);
    return fflush(stdout) == 0 ? STATUS_DONE : STATUS_FAILED;
}

int main(int argc, char **argv)
{
    struct options options;

    system_standard_files();
    setlocale(LC_CTYPE, "");
    int status = options_parse(&options, commands, argc, argv) ? run(&options) : STATUS_USAGE;
    options_free(&options);
    return status;
}
