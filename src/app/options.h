/* The command line: one table of options, one of commands. */
#ifndef LANCHAT_OPTIONS_H
#define LANCHAT_OPTIONS_H

#include <regex.h>

#include "lanchat/lan.h"

#define OPTIONS_INTERFACES_MAX 64

struct options;

struct command {
    const char *name;     /* "": what is done when no command is named */
    const char *operands; /* "": it takes none */
    const char *purpose;
    unsigned bit; /* of the commands that an option is for */
    int (*run)(const struct options *options);
};

struct options {
    const struct command *command;
    char nick[TEXT_NICK_MAX + 1];
    const char *room;
    struct lan_options lan;
    char family; /* -4 or -6 was given: '4' or '6' */
    const char *interfaces[OPTIONS_INTERFACES_MAX];
    bool json, quiet;
    unsigned history; /* messages of before that are shown first */
    bool counted;     /* -c was given */
    unsigned count;
    bool matching; /* -m was given */
    regex_t match;
    bool waiting; /* -w was given */
    uint64_t wait_us;
    bool help, version;
    char *defaults; /* LANCHAT_OPTIONS, cut into words that others point to */
    char **operands;
    int operand_count;
};

/* Reads LANCHAT_OPTIONS and the arguments, to which the options point. False when they are wrong, after one
 * line on standard error. options_free in both cases. */
bool options_parse(struct options *options, const struct command *commands, int argc, char **argv);
void options_free(struct options *options);

/* Writes what --help shows. */
void options_help(const struct command *commands);

#endif
