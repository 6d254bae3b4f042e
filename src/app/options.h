/* The command line: one table of options, one of commands. */
#ifndef LANCHAT_OPTIONS_H
#define LANCHAT_OPTIONS_H

#include <regex.h>

#include "lanchat/lan.h"
#include "lanchat/server.h"
#include "lanchat/url.h"

#define OPTIONS_ROOM           "lobby"
#define OPTIONS_INTERFACES_MAX 64
#define OPTIONS_ROOMS_MAX      64
#define OPTIONS_PEERS_MAX      16
#define OPTIONS_LISTENS_MAX    16
#define OPTIONS_ALLOWS_MAX     256

struct options;

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum bell_when { BELL_MENTION, BELL_NEVER, BELL_ALL };

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
    const char *room;                     /* the first of these, else lobby */
    const char *rooms[OPTIONS_ROOMS_MAX]; /* hub and relay carry several */
    size_t room_count;
    bool room_is_default, every_room;
    struct lan_options lan;
    bool off_lan;   /* --via was given */
    struct url url; /* of --via, or relay's operand; an empty host: none */
    struct server_options server;
    struct server_listen listens[OPTIONS_LISTENS_MAX];
    struct server_allow allows[OPTIONS_ALLOWS_MAX];
    const char *user; /* of --user */
    char family;      /* -4 or -6 was given: '4' or '6' */
    const char *interfaces[OPTIONS_INTERFACES_MAX];
    struct url peers[OPTIONS_PEERS_MAX];
    bool json, quiet;
    bool hex;         /* of dump: the bytes, too */
    const char *read; /* likewise, of --read: a capture file; NULL: what is heard */
    unsigned history; /* messages of before that are shown first */
    bool counted;     /* -c was given */
    unsigned count;
    bool matching; /* -m was given */
    regex_t match;
    bool waiting; /* -w was given */
    uint64_t wait_us;
    const char *log; /* of --log; NULL: none */
    enum color_when color;
    enum bell_when bell;
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
