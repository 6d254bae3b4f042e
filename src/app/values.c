#include "values.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

#define WAIT_MOST_S  31536000.0 /* a year */
#define HISTORY_MOST 1000

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

const char *set_nick(struct options *options, const char *value)
{
    if (!text_name_valid(span_of(value), TEXT_NICK_MAX))
        return "not a nickname (1 to 32 bytes of UTF-8, without ~, white space and control characters)";
    strncpy(options->nick, value, sizeof options->nick - 1);
    return NULL;
}

/* Those of the command line take the place of the default ones. Who carries more than one room repeats it. */
const char *set_room(struct options *options, const char *value)
{
    bool carries = options->command->bit & (COMMAND_HUB | COMMAND_RELAY);
    bool every = carries && strcmp(value, "*") == 0;

    if (!every && !text_name_valid(span_of(value), TEXT_ROOM_MAX))
        return "not a room (1 to 64 bytes of UTF-8, without ~, white space and control characters)";
    if (options->room_is_default || !carries) {
        options->room = OPTIONS_ROOM;
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

const char *add_interface(struct options *options, const char *value)
{
    if (options->lan.name_count == OPTIONS_INTERFACES_MAX)
        return "too many interfaces";
    options->interfaces[options->lan.name_count++] = value;
    return NULL;
}

const char *set_ipv4(struct options *options, const char *value)
{
    (void)value;
    if (options->family == '6')
        return "contradicts -6";
    options->family = '4';
    options->lan.ipv4 = true;
    options->lan.ipv6 = false;
    return NULL;
}

const char *set_ipv6(struct options *options, const char *value)
{
    (void)value;
    if (options->family == '4')
        return "contradicts -4";
    options->family = '6';
    options->lan.ipv4 = false;
    options->lan.ipv6 = true;
    return NULL;
}

const char *set_port(struct options *options, const char *value)
{
    unsigned long port;

    if (!parse_number(value, 1, UINT16_MAX, &port))
        return "not a port (1 to 65535)";
    options->lan.port = (uint16_t)port;
    return NULL;
}

const char *set_group(struct options *options, const char *value)
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

const char *set_hops(struct options *options, const char *value)
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

const char *set_broadcast(struct options *options, const char *value)
{
    (void)value;
    options->lan.broadcast = true;
    return NULL;
}

const char *set_history(struct options *options, const char *value)
{
    unsigned long count;

    if (!parse_number(value, 0, HISTORY_MOST, &count))
        return "not a number of messages (0 to 1000)";
    options->history = (unsigned)count;
    return NULL;
}

const char *set_via(struct options *options, const char *value)
{
    const char *wrong = url_parse(&options->url, value);

    if (wrong)
        return wrong;
    if (options->url.kind != URL_HUB)
        return "not a lanchat hub (a tutorial chat server takes part through lanchat relay)";
    options->off_lan = true;
    return NULL;
}

const char *add_peer(struct options *options, const char *value)
{
    if (options->lan.peer_count == OPTIONS_PEERS_MAX)
        return "too many peers";
    if (strstr(value, "://"))
        return "not HOST or HOST:PORT";
    return url_parse(&options->peers[options->lan.peer_count++], value);
}

/* [ADDRESS:]PORT; an IPv6 address stands in brackets. */
const char *add_listen(struct options *options, const char *value)
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

const char *add_allow(struct options *options, const char *value)
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

const char *set_user(struct options *options, const char *value)
{
    options->user = value;
    return *value ? NULL : "not a user";
}

const char *set_json(struct options *options, const char *value)
{
    (void)value;
    options->json = true;
    return NULL;
}

const char *set_count(struct options *options, const char *value)
{
    unsigned long count;
    bool saying = options->command->bit == COMMAND_SAY;

    if (!parse_number(value, saying ? 0 : 1, 1000000000, &count))
        return saying ? "not a number of nodes" : "not a number to end after (1 or more)";
    options->counted = true;
    options->count = (unsigned)count;
    return NULL;
}

const char *set_match(struct options *options, const char *value)
{
    if (options->matching)
        regfree(&options->match);
    options->matching = regcomp(&options->match, value, REG_EXTENDED | REG_NOSUB) == 0;
    return options->matching ? NULL : "not an extended regular expression";
}

const char *set_wait(struct options *options, const char *value)
{
    options->waiting = true;
    return parse_seconds(value, &options->wait_us) ? NULL : "not a number of seconds";
}

const char *set_quiet(struct options *options, const char *value)
{
    (void)value;
    options->quiet = true;
    return NULL;
}

const char *set_hex(struct options *options, const char *value)
{
    (void)value;
    options->hex = true;
    return NULL;
}

const char *set_read(struct options *options, const char *value)
{
    options->read = value;
    return *value ? NULL : "not a file";
}

const char *set_log(struct options *options, const char *value)
{
    options->log = value;
    return *value ? NULL : "not a file";
}

const char *set_color(struct options *options, const char *value)
{
    if (strcmp(value, "auto") == 0)
        options->color = COLOR_AUTO;
    else if (strcmp(value, "always") == 0)
        options->color = COLOR_ALWAYS;
    else if (strcmp(value, "never") == 0)
        options->color = COLOR_NEVER;
    else
        return "neither auto, always nor never";
    return NULL;
}

const char *set_bell(struct options *options, const char *value)
{
    if (strcmp(value, "never") == 0)
        options->bell = BELL_NEVER;
    else if (strcmp(value, "mention") == 0)
        options->bell = BELL_MENTION;
    else if (strcmp(value, "all") == 0)
        options->bell = BELL_ALL;
    else
        return "neither never, mention nor all";
    return NULL;
}

const char *set_help(struct options *options, const char *value)
{
    (void)value;
    options->help = true;
    return NULL;
}

const char *set_version(struct options *options, const char *value)
{
    (void)value;
    options->version = true;
    return NULL;
}
