#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"

#define WAIT_MOST_S     31536000.0 /* a year */
#define HISTORY_MOST    1000
#define HISTORY_IN_CHAT 50
#define ROOM            "lobby"
#define NICK_UNSAID     "lanchat" /* of who has no words of his own; a relay's at a tutorial chat server */

/* What is wrong with a value, or NULL. */
typedef const char *apply_option(struct options *options, const char *value);

/* Numbers. */

static bool parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && *number >= least && *number <= most;
}

static bool parse_seconds(const char *text, uint64_t *microseconds)
{
    char *end;

    if ((*text < '0' || *text > '9') && *text != '.')
        return false;
    if (text[strspn(text, "0123456789.")] != '\0')
        return false;
    double seconds = strtod(text, &end);
    if (*end != '\0' || end == text || seconds > WAIT_MOST_S)
        return false;
    *microseconds = (uint64_t)(seconds * 1e6);
    return true;
}

/* One function for each option. */

static const char *set_nick(struct options *options, const char *value)
{
    if (!text_name_valid(span_of(value), TEXT_NICK_MAX))
        return "not a nickname (1 to 32 bytes of UTF-8, without ~, white space and control characters)";
    strncpy(options->nick, value, sizeof options->nick - 1);
    return NULL;
}

/* Those of the command line take the place of the default ones. Who carries more than one room repeats it. */
static const char *set_room(struct options *options, const char *value)
{
    bool carries = options->command->bit & (COMMAND_HUB | COMMAND_RELAY);
    bool every = carries && strcmp(value, "*") == 0;

    if (!every && !text_name_valid(span_of(value), TEXT_ROOM_MAX))
        return "not a room (1 to 64 bytes of UTF-8, without ~, white space and control characters)";
    if (options->room_is_default || !carries) {
        options->room = ROOM;
        options->room_count = 0;
        options->every_room = false;
    }
    options->room_is_default = false;
    if (every) {
        options->every_room = true;
        return NULL;
    }
    if (options->room_count == OPTIONS_ROOMS_MAX)
        return "too many rooms";
    options->rooms[options->room_count++] = value;
    options->room = options->rooms[0];
    return NULL;
}

static const char *add_interface(struct options *options, const char *value)
{
    if (options->lan.name_count == OPTIONS_INTERFACES_MAX)
        return "too many interfaces";
    options->interfaces[options->lan.name_count++] = value;
    return NULL;
}

static const char *set_ipv4(struct options *options, const char *value)
{
    (void)value;
    if (options->family == '6')
        return "contradicts -6";
    options->family = '4';
    options->lan.ipv4 = true;
    options->lan.ipv6 = false;
    return NULL;
}

static const char *set_ipv6(struct options *options, const char *value)
{
    (void)value;
    if (options->family == '4')
        return "contradicts -4";
    options->family = '6';
    options->lan.ipv4 = false;
    options->lan.ipv6 = true;
    return NULL;
}

static const char *set_port(struct options *options, const char *value)
{
    unsigned long port;

    if (!parse_number(value, 1, UINT16_MAX, &port))
        return "not a port (1 to 65535)";
    options->lan.port = (uint16_t)port;
    return NULL;
}

static const char *set_group(struct options *options, const char *value)
{
    struct in_addr group4;
    struct in6_addr group6;

    if (inet_pton(AF_INET, value, &group4) == 1 && IN_MULTICAST(ntohl(group4.s_addr))) {
        options->lan.group4 = group4;
        return NULL;
    }
    if (inet_pton(AF_INET6, value, &group6) == 1 && IN6_IS_ADDR_MULTICAST(&group6)) {
        options->lan.group6 = group6;
        return NULL;
    }
    return "not a multicast address";
}

static const char *set_hops(struct options *options, const char *value)
{
    unsigned long hops;
    struct in6_addr usual = lan_group6(options->lan.hops);

    if (!parse_number(value, 0, UINT8_MAX, &hops))
        return "not a hop limit (0 to 255)";
    if (IN6_ARE_ADDR_EQUAL(&options->lan.group6, &usual))
        options->lan.group6 = lan_group6((uint8_t)hops);
    options->lan.hops = (uint8_t)hops;
    return NULL;
}

static const char *set_broadcast(struct options *options, const char *value)
{
    (void)value;
    options->lan.broadcast = true;
    return NULL;
}

static const char *set_history(struct options *options, const char *value)
{
    unsigned long count;

    if (!parse_number(value, 0, HISTORY_MOST, &count))
        return "not a number of messages (0 to 1000)";
    options->history = (unsigned)count;
    return NULL;
}

static const char *set_via(struct options *options, const char *value)
{
    const char *wrong = url_parse(&options->url, value);

    if (wrong)
        return wrong;
    if (options->url.kind != URL_HUB)
        return "not a lanchat hub (a tutorial chat server takes part through lanchat relay)";
    options->off_lan = true;
    return NULL;
}

/* [ADDRESS:]PORT; an IPv6 address stands in brackets. */
static const char *add_listen(struct options *options, const char *value)
{
    const char *colon = strrchr(value, ':');
    const char *from = value;
    size_t length = colon ? (size_t)(colon - value) : 0;
    struct server_listen *listen = &options->listens[options->server.listen_count];
    struct in_addr ipv4;
    struct in6_addr ipv6;
    unsigned long port;

    if (options->server.listen_count == OPTIONS_LISTENS_MAX)
        return "too many places to listen";
    if (!parse_number(colon ? colon + 1 : value, 1, UINT16_MAX, &port))
        return "not [ADDRESS:]PORT (1 to 65535)";
    bool brackets = length > 2 && value[0] == '[' && value[length - 1] == ']';
    if (brackets) {
        from++;
        length -= 2;
    }
    if (length >= sizeof listen->address)
        return "not [ADDRESS:]PORT";
    *listen = (struct server_listen){.port = (uint16_t)port};
    memcpy(listen->address, from, length);
    if (colon && inet_pton(brackets ? AF_INET6 : AF_INET, listen->address,
                           brackets ? (void *)&ipv6 : (void *)&ipv4) != 1)
        return "not [ADDRESS:]PORT (an IPv6 address in brackets)";
    options->server.listen_count++;
    return NULL;
}

static const char *add_allow(struct options *options, const char *value)
{
    const char *slash = strchr(value, '/');
    size_t length = slash ? (size_t)(slash - value) : strlen(value);
    struct server_allow *allow = &options->allows[options->server.allow_count];
    char address[INET6_ADDRSTRLEN];
    unsigned long bits;

    if (options->server.allow_count == OPTIONS_ALLOWS_MAX)
        return "too many addresses";
    if (length >= sizeof address)
        return "not ADDRESS[/BITS]";
    memcpy(address, value, length);
    address[length] = '\0';
    *allow = (struct server_allow){.family = strchr(address, ':') ? AF_INET6 : AF_INET};
    unsigned most = allow->family == AF_INET ? 32 : 128;
    if (inet_pton(allow->family, address, allow->address) != 1)
        return "not ADDRESS[/BITS]";
    if (slash && !parse_number(slash + 1, 0, most, &bits))
        return most == 32 ? "not ADDRESS[/BITS] (0 to 32)" : "not ADDRESS[/BITS] (0 to 128)";
    allow->bits = slash ? (unsigned)bits : most;
    options->server.allow_count++;
    return NULL;
}

static const char *set_user(struct options *options, const char *value)
{
    options->user = value;
    return *value ? NULL : "not a user";
}

static const char *set_json(struct options *options, const char *value)
{
    (void)value;
    options->json = true;
    return NULL;
}

static const char *set_count(struct options *options, const char *value)
{
    unsigned long count;
    bool saying = options->command->bit == COMMAND_SAY;

    if (!parse_number(value, saying ? 0 : 1, 1000000000, &count))
        return saying ? "not a number of nodes" : "not a number of messages (1 or more)";
    options->counted = true;
    options->count = (unsigned)count;
    return NULL;
}

static const char *set_match(struct options *options, const char *value)
{
    if (options->matching)
        regfree(&options->match);
    options->matching = regcomp(&options->match, value, REG_EXTENDED | REG_NOSUB) == 0;
    return options->matching ? NULL : "not an extended regular expression";
}

static const char *set_wait(struct options *options, const char *value)
{
    options->waiting = true;
    return parse_seconds(value, &options->wait_us) ? NULL : "not a number of seconds";
}

static const char *set_quiet(struct options *options, const char *value)
{
    (void)value;
    options->quiet = true;
    return NULL;
}

static const char *set_help(struct options *options, const char *value)
{
    (void)value;
    options->help = true;
    return NULL;
}

static const char *set_version(struct options *options, const char *value)
{
    (void)value;
    options->version = true;
    return NULL;
}

static const struct option {
    char letter;              /* '\0': it has none */
    const char *name, *value; /* value NULL: takes none */
    const char *purpose;
    unsigned commands;
    apply_option *apply;
} table[] = {
    {'n',  "nick",      "NICK",        "nickname (default: $LANCHAT_NICK, else the login name; relay: lanchat)",
     COMMAND_CHAT | COMMAND_SAY | COMMAND_RELAY,                                                                                        set_nick     },
    {'r',  "room",      "ROOM",        "room (default: lobby; of a hub: all); hub, relay: may be repeated, '*' is all",
     COMMAND_ALL & ~COMMAND_ROOMS,                                                                                                      set_room     },
    {'i',  "interface", "NAME",        "use only this interface; may be repeated",                                      COMMAND_LAN,    add_interface},
    {'4',  "ipv4",      NULL,          "only IPv4",                                                                     COMMAND_LAN,    set_ipv4     },
    {'6',  "ipv6",      NULL,          "only IPv6",                                                                     COMMAND_LAN,    set_ipv6     },
    {'p',  "port",      "PORT",        "the LAN's UDP port (default: 55555)",                                           COMMAND_LAN,    set_port     },
    {'g',  "group",     "ADDR",        "multicast group; once for each family",                                         COMMAND_LAN,    set_group    },
    {'t',  "ttl",       "N",           "TTL and hop limit of multicast (default: 1)",                                   COMMAND_LAN,    set_hops     },
    {'b',  "broadcast", NULL,          "send to the IPv4 broadcast addresses too",                                      COMMAND_LAN,    set_broadcast},
    {'\0', "via",       "URL",         "talk through a hub instead of the LAN; hub: link to another hub as well",
     COMMAND_ALL & ~COMMAND_RELAY,                                                                                                      set_via      },
    {'H',  "history",   "N",           "show the last N messages on joining (default: 50 in chat, else 0)",
     COMMAND_CHAT | COMMAND_LISTEN,                                                                                                     set_history  },
    {'j',  "json",      NULL,          "one JSON object a line on standard output",                                     COMMAND_PEOPLE, set_json     },
    {'c',  "count",     "N",           "listen: end after N messages; say: N others having it is enough",
     COMMAND_LISTEN | COMMAND_SAY,                                                                                                      set_count    },
    {'m',  "match",     "ERE",         "listen: only messages whose text matches",                                      COMMAND_LISTEN, set_match    },
    {'w',  "wait",      "SECONDS",     "give up after this long (say 5, who and rooms 1)",
     COMMAND_PEOPLE & ~COMMAND_CHAT,                                                                                                    set_wait     },
    {'q',  "quiet",     NULL,          "no notices",                                                                    COMMAND_ALL,    set_quiet    },
    {'l',  "listen",    "[ADDR:]PORT", "hub: where to listen (default: 55555); may be repeated",                        COMMAND_HUB,
     add_listen                                                                                                                                      },
    {'\0', "allow",     "ADDR[/BITS]", "hub: who may connect (default: all); may be repeated",                          COMMAND_HUB,
     add_allow                                                                                                                                       },
    {'\0', "user",      "NAME",        "hub, relay started as root: become this user (default: nobody)",
     COMMAND_HUB | COMMAND_RELAY,                                                                                                       set_user     },
    {'h',  "help",      NULL,          "show this",                                                                     COMMAND_ALL,    set_help     },
    {'V',  "version",   NULL,          "show the version",                                                              COMMAND_ALL,    set_version  },
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

    *options = (struct options){.room = ROOM, .room_is_default = true};
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
