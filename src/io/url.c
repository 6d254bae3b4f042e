#include "lanchat/url.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NO_HOST   "no host is named"
#define NO_NAME   "not a host name"
#define NO_PORT   "not a port (1 to 65535)"
#define NO_IPV6   "not an IPv6 address"
#define NO_SCHEME "not lanchat:// or nick://"
#define TOO_LONG  "too long for a host name"
#define PATH      "nothing may follow the host and the port"

/* A piece of what is parsed. */
struct piece {
    const char *bytes;
    size_t length;
};

/* In every locale. */
static char lower(char byte)
{
    if (byte < 'A' || byte > 'Z')
        return byte;
    return "abcdefghijklmnopqrstuvwxyz"[byte - 'A'];
}

static bool parse_port(struct piece piece, uint16_t *port)
{
    unsigned value = 0;

    for (size_t i = 0; i < piece.length; i++) {
        if (piece.bytes[i] < '0' || piece.bytes[i] > '9')
            return false;
        value = value * 10 + (unsigned)(piece.bytes[i] - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *port = (uint16_t)value;
    return value > 0;
}

static const char *take_host(struct url *url, struct piece host)
{
    if (host.length == 0)
        return NO_HOST;
    if (host.length > URL_HOST_MAX)
        return TOO_LONG;
    for (size_t i = 0; i < host.length; i++)
        url->host[i] = lower(host.bytes[i]);
    url->host[host.length] = '\0';
    return NULL;
}

/* With or without a zone (RFC 4007, 11): fe80::1%eth0, whose case is kept. */
static const char *take_address(struct url *url, struct piece host)
{
    struct in6_addr address;
    const char *why = take_host(url, host);

    if (why)
        return why;
    char *zone = strchr(url->host, '%');
    if (zone)
        *zone = '\0';
    if (inet_pton(AF_INET6, url->host, &address) != 1)
        return NO_IPV6;
    if (!zone)
        return NULL;
    size_t at = (size_t)(zone - url->host);
    memcpy(zone, host.bytes + at, host.length - at);
    for (const char *byte = zone + 1; *byte; byte++)
        if (*byte <= ' ' || *byte > '~')
            return NO_IPV6;
    return zone[1] ? NULL : NO_IPV6;
}

static const char *take_name(struct url *url, struct piece host)
{
    const char *why = take_host(url, host);

    if (why)
        return why;
    return url->host[strspn(url->host, "abcdefghijklmnopqrstuvwxyz0123456789.-_")] ? NO_NAME : NULL;
}

static const char *take_port(struct url *url, struct piece rest)
{
    if (rest.length == 0)
        return NULL;
    if (rest.bytes[0] != ':')
        return PATH;
    url->has_port = true;
    return parse_port((struct piece){rest.bytes + 1, rest.length - 1}, &url->port) ? NULL : NO_PORT;
}

static struct piece after(struct piece all, size_t length)
{
    return (struct piece){all.bytes + length, all.length - length};
}

static const char *take_authority(struct url *url, struct piece all)
{
    const char *colon = memchr(all.bytes, ':', all.length), *why;
    size_t length;

    if (all.length > 0 && all.bytes[0] == '[') {
        const char *close = memchr(all.bytes, ']', all.length);
        if (!close)
            return NO_IPV6;
        length = (size_t)(close - all.bytes);
        why = take_address(url, (struct piece){all.bytes + 1, length - 1});
        return why ? why : take_port(url, after(all, length + 1));
    }
    length = colon ? (size_t)(colon - all.bytes) : all.length;
    if (colon && memchr(colon + 1, ':', all.length - length - 1))
        return take_address(url, all);
    why = take_name(url, (struct piece){all.bytes, length});
    return why ? why : take_port(url, after(all, length));
}

/* Takes the scheme off. False if it is none of ours. */
static bool take_scheme(struct url *url, const char **text)
{
    static const struct {
        const char *name;
        enum url_kind kind;
    } schemes[] = {
        {"lanchat", URL_HUB },
        {"nick",    URL_NICK},
    };
    const char *mark = strstr(*text, "://");

    if (!mark)
        return true;
    size_t length = (size_t)(mark - *text);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strlen(schemes[i].name) != length || strncasecmp(schemes[i].name, *text, length) != 0)
            continue;
        url->kind = schemes[i].kind;
        *text = mark + 3;
        return true;
    }
    return false;
}

const char *url_parse(struct url *url, const char *text)
{
    *url = (struct url){.kind = URL_HUB, .port = URL_PORT};
    if (!take_scheme(url, &text))
        return NO_SCHEME;
    size_t length = strcspn(text, "/?#");
    const char *why = take_authority(url, (struct piece){text, length});
    if (why)
        return why;
    if (text[length] && strcmp(text + length, "/") != 0)
        return PATH;
    bool brackets = strchr(url->host, ':');
    snprintf(url->text, sizeof url->text, "%s%s%s%s:%u", url->kind == URL_NICK ? "nick://" : "",
             brackets ? "[" : "", url->host, brackets ? "]" : "", url->port);
    return NULL;
}
