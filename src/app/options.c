#include "options.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"
#include "values.h"

#define HISTORY_IN_CHAT 50
#define NICK_UNSAID     "lanchat" /* of who has no words of his own; a relay's at a tutorial chat server */

static const struct option {
    char letter;              /* '\0': it has none */
    const char *name, *value; /* value NULL: takes none */
    const char *purpose;
    unsigned commands;
    apply_option *apply;
} table[] = {
    {'n',  "nick",      "NICK",        "nickname (default: $LANCHAT_NICK, else the login name; relay: lanchat)",
     COMMAND_CHAT | COMMAND_SAY | COMMAND_RELAY,                                                                                                      set_nick     },
    {'r',  "room",      "ROOM",        "room (default: lobby; of a hub: all); hub, relay: may be repeated, '*' is all",
     COMMAND_NODES & ~COMMAND_ROOMS,                                                                                                                  set_room     },
    {'i',  "interface", "NAME",        "use only this interface; may be repeated",                                      COMMAND_LAN,                  add_interface},
    {'4',  "ipv4",      NULL,          "only IPv4",                                                                     COMMAND_LAN,                  set_ipv4     },
    {'6',  "ipv6",      NULL,          "only IPv6",                                                                     COMMAND_LAN,                  set_ipv6     },
    {'p',  "port",      "PORT",        "the LAN's UDP port (default: 55555)",                                           COMMAND_LAN,                  set_port     },
    {'g',  "group",     "ADDR",        "multicast group; once for each family",                                         COMMAND_LAN,                  set_group    },
    {'t',  "ttl",       "N",           "TTL and hop limit of multicast (default: 1)",                                   COMMAND_SEND,                 set_hops     },
    {'b',  "broadcast", NULL,          "send to the IPv4 broadcast addresses too",                                      COMMAND_SEND,                 set_broadcast},
    {'\0', "peer",      "HOST[:PORT]", "a host that multicast does not reach; may be repeated",                         COMMAND_SEND,
     add_peer                                                                                                                                                      },
    {'\0', "via",       "URL",         "talk through a hub instead of the LAN; hub: link to another hub as well",
     COMMAND_NODES & ~COMMAND_RELAY,                                                                                                                  set_via      },
    {'H',  "history",   "N",           "show the last N messages on joining (default: 50 in chat, else 0)",
     COMMAND_CHAT | COMMAND_LISTEN,                                                                                                                   set_history  },
    {'j',  "json",      NULL,          "one JSON object a line on standard output",                                     COMMAND_JSON,                 set_json     },
    {'c',  "count",     "N",           "listen, dump: end after N; say: N others having it is enough",
     COMMAND_LISTEN | COMMAND_SAY | COMMAND_DUMP,                                                                                                     set_count    },
    {'m',  "match",     "ERE",         "listen: only messages whose text matches",                                      COMMAND_LISTEN,               set_match    },
    {'w',  "wait",      "SECONDS",     "give up after this long (say 5, who and rooms 1)",                              COMMAND_JSON & ~COMMAND_CHAT,
     set_wait                                                                                                                                                      },
    {'q',  "quiet",     NULL,          "no notices",                                                                    COMMAND_ALL,                  set_quiet    },
    {'l',  "listen",    "[ADDR:]PORT", "hub: where to listen (default: 55555); may be repeated",                        COMMAND_HUB,
     add_listen                                                                                                                                                    },
    {'\0', "allow",     "ADDR[/BITS]", "hub: who may connect (default: all); may be repeated",                          COMMAND_HUB,
     add_allow                                                                                                                                                     },
    {'\0', "user",      "NAME",        "hub, relay started as root: become this user (default: nobody)",
     COMMAND_HUB | COMMAND_RELAY,                                                                                                                     set_user     },
    {'x',  "hex",       NULL,          "dump: the bytes, too",                                                          COMMAND_DUMP,                 set_hex      },
    {'\0', "read",      "FILE",        "dump: what a capture file holds, -: standard input",                            COMMAND_DUMP,                 set_read     },
    {'\0', "log",       "FILE",        "append what is said to FILE",                                                   COMMAND_CHAT,                 set_log      },
    {'\0', "color",     "WHEN",        "colours: auto, always or never (default: auto)",                                COMMAND_CHAT,                 set_color    },
    {'\0', "bell",      "WHEN",        "ring at: never, mention or all (default: mention)",                             COMMAND_CHAT,                 set_bell     },
    {'h',  "help",      NULL,          "show this",                                                                     COMMAND_ALL,                  set_help     },
    {'V',  "version",   NULL,          "show the version",                                                              COMMAND_ALL,                  set_version  },
};

#define TABLE_LENGTH (sizeof table / sizeof *table)

/* A walk over words: the arguments, or those of LANCHAT_OPTIONS. */
struct words {
    char **at;
    int left;
    bool defaults; /* options that are not for this command are passed over */
};

/* As the user may have written it: an option without a letter has only its name. */
static const char *option_text(const struct option *option, char text[32])
{
    if (option->letter)
        snprintf(text, 32, "-%c", option->letter);
    else
        snprintf(text, 32, "--%s", option->name);
    return text;
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < TABLE_LENGTH; i++)
        if (letter && table[i].letter == letter)
            return &table[i];
    return NULL;
}

static const struct option *find_name(const char *name, size_t length)
{
    for (size_t i = 0; i < TABLE_LENGTH; i++)
        if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

static bool apply(struct options *options, const struct words *words, const struct option *option,
                  const char *value)
{
    char text[32];

    if (!(option->commands & options->command->bit)) {
        if (words->defaults)
            return true;
        report("%s: not an option of %s", option_text(option, text),
               options->command->name[0] ? options->command->name : "chat");
        return false;
    }
    const char *wrong = option->apply(options, value);
    if (!wrong)
        return true;
    if (value)
        report("%s %s: %s", option_text(option, text), value, wrong);
    else
        report("%s: %s", option_text(option, text), wrong);
    return false;
}

/* The value of an option: what is glued to it, or the next word. */
static const char *value_of(struct words *words, const char *glued)
{
    if (glued)
        return glued;
    if (words->left == 0)
        return NULL;
    words->left--;
    return *words->at++;
}

static bool take_long(struct options *options, struct words *words, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const struct option *option = find_name(word, length);

    if (!option) {
        report("--%s: no such option (lanchat --help lists them)", word);
        return false;
    }
    if (!option->value && equals) {
        report("--%s: takes no value", word);
        return false;
    }
    const char *value = option->value ? value_of(words, equals ? equals + 1 : NULL) : NULL;
    if (option->value && !value) {
        report("--%s: needs a value: %s", word, option->value);
        return false;
    }
    return apply(options, words, option, value);
}

static bool take_letters(struct options *options, struct words *words, const char *letters)
{
    for (; *letters; letters++) {
        const struct option *option = find_letter(*letters);
        const char *value = NULL;
        if (!option) {
            report("-%c: no such option (lanchat --help lists them)", *letters);
            return false;
        }
        if (option->value && !(value = value_of(words, letters[1] ? letters + 1 : NULL))) {
            report("-%c: needs a value: %s", *letters, option->value);
            return false;
        }
        if (!apply(options, words, option, value))
            return false;
        if (value)
            break;
    }
    return true;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static bool take_option(struct options *options, struct words *words)
{
    const char *word = *words->at++;

    words->left--;
    return word[1] == '-' ? take_long(options, words, word + 2) : take_letters(options, words, word + 1);
}

static const struct command *find_command(const struct command *commands, const char *name)
{
    for (; commands->name; commands++)
        if (strcmp(commands->name, name) == 0)
            return commands;
    return NULL;
}

/* The command decides which options are known, and may stand behind some of them: it is looked for first.
 * Behind an option that nobody knows nothing is: that option is what will be complained of. */
static const char *command_word(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--") == 0)
            return NULL;
        if (!is_option(word))
            return word;
        if (word[1] == '-') {
            const char *equals = strchr(word, '=');
            size_t length = equals ? (size_t)(equals - word - 2) : strlen(word + 2);
            const struct option *option = find_name(word + 2, length);
            if (!option)
                return NULL;
            i += option->value && !equals;
            continue;
        }
        for (const char *letter = word + 1; *letter; letter++) {
            const struct option *option = find_letter(*letter);
            if (!option)
                return NULL;
            if (!option->value)
                continue;
            i += letter[1] == '\0';
            break;
        }
    }
    return NULL;
}

static bool take_operands(struct options *options, struct words *words)
{
    options->operands = words->at;
    options->operand_count = words->left;
    if (words->left == 0 || options->command->operands[0])
        return true;
    report("%s: %s takes no operands", words->at[0],
           options->command->name[0] ? options->command->name : "lanchat");
    return false;
}

static bool take_arguments(struct options *options, int argc, char **argv)
{
    struct words words = {argv + 1, argc - 1, false};
    bool command_due = options->command->name[0] != '\0';

    while (words.left > 0) {
        if (strcmp(*words.at, "--") == 0) {
            words.at++;
            words.left--;
            break;
        }
        if (is_option(*words.at)) {
            if (!take_option(options, &words))
                return false;
            continue;
        }
        if (!command_due)
            break;
        command_due = false;
        words.at++;
        words.left--;
    }
    return take_operands(options, &words);
}

#define DEFAULT_WORDS_MAX 64

/* LANCHAT_OPTIONS, split at white space. */
static bool take_defaults(struct options *options)
{
    const char *given = getenv("LANCHAT_OPTIONS");
    char *rest = NULL;
    char *list[DEFAULT_WORDS_MAX];
    struct words words = {list, 0, true};

    if (!given || !(options->defaults = strdup(given)))
        return true;
    for (char *word = strtok_r(options->defaults, " \t\n", &rest); word;
         word = strtok_r(NULL, " \t\n", &rest)) {
        if (words.left == DEFAULT_WORDS_MAX) {
            report("LANCHAT_OPTIONS: %s: more than %d words", word, DEFAULT_WORDS_MAX);
            return false;
        }
        list[words.left++] = word;
    }
    while (words.left > 0) {
        if (!is_option(*words.at)) {
            report("LANCHAT_OPTIONS: %s: not an option", *words.at);
            return false;
        }
        if (!take_option(options, &words))
            return false;
    }
    options->family = '\0'; /* the command line may say otherwise */
    options->room_is_default = true;
    return true;
}

/* $LANCHAT_NICK must be right; a login name is made so. */
static bool default_nick(struct options *options)
{
    const char *given = getenv("LANCHAT_NICK");
    const struct passwd *user = getpwuid(getuid());
    const char *login = user ? user->pw_name : getenv("LOGNAME");

    if (given && *given) {
        const char *wrong = set_nick(options, given);
        if (wrong)
            report("LANCHAT_NICK: %s: %s", given, wrong);
        return !wrong;
    }
    if (!login || text_name_clean(span_of(login), options->nick, TEXT_NICK_MAX) == 0)
        snprintf(options->nick, sizeof options->nick, "user%lu", (unsigned long)getuid());
    return true;
}

bool options_parse(struct options *options, const struct command *commands, int argc, char **argv)
{
    const char *word = command_word(argc, argv);

    *options = (struct options){.room = OPTIONS_ROOM, .room_is_default = true};
    lan_options_default(&options->lan);
    options->command = find_command(commands, word ? word : "");
    if (!options->command) {
        report("%s: no such command (lanchat --help lists them)", word);
        return false;
    }
    if (options->command->bit == COMMAND_CHAT)
        options->history = HISTORY_IN_CHAT;
    options->every_room = options->command->bit == COMMAND_HUB;
    if (!take_defaults(options) || !take_arguments(options, argc, argv))
        return false;
    options->lan.names = options->interfaces;
    options->lan.peers = options->peers;
    options->server.listens = options->listens;
    options->server.allows = options->allows;
    if (options->nick[0] != '\0')
        return true;
    if (options->command->bit & (COMMAND_CHAT | COMMAND_SAY))
        return default_nick(options);
    strncpy(options->nick, NICK_UNSAID, sizeof options->nick - 1);
    return true;
}

void options_free(struct options *options)
{
    if (options->matching)
        regfree(&options->match);
    free(options->defaults);
}

void options_help(const struct command *commands)
{
    puts("lanchat: chat for whoever is on this network; no server, no account, no configuration.\n");
    for (const struct command *command = commands; command->name; command++)
        printf("  lanchat%s%s [options]%s%s\n        %s\n", *command->name ? " " : "", command->name,
               *command->operands ? " " : "", command->operands, command->purpose);
    puts("\nOptions:");
    for (size_t i = 0; i < TABLE_LENGTH; i++) {
        char names[40];
        snprintf(names, sizeof names, "--%s%s%s", table[i].name, table[i].value ? " " : "",
                 table[i].value ? table[i].value : "");
        printf(table[i].letter ? "  -%c, %-20s %s\n" : "  %c   %-20s %s\n",
               table[i].letter ? table[i].letter : ' ', names, table[i].purpose);
    }
    puts("\nLANCHAT_OPTIONS in the environment holds defaults. The manual: man lanchat.");
}
