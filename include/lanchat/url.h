/* Names of TCP servers: HOST, HOST:PORT, lanchat://HOST[:PORT], nick://HOST[:PORT]. An IPv6 address stands in
 * brackets (RFC 3986, 3.2.2), or alone and bare. */
#ifndef LANCHAT_URL_H
#define LANCHAT_URL_H

#include <stdbool.h>
#include <stdint.h>

#define URL_PORT     55555
#define URL_HOST_MAX 255

enum url_kind {
    URL_HUB,  /* a lanchat hub */
    URL_NICK, /* a tutorial chat server, which greets with NICK and knows no frames */
};

struct url {
    enum url_kind kind;
    char host[URL_HOST_MAX + 1]; /* name or address, without brackets, lower case */
    uint16_t port;
    bool has_port;  /* it was said */
    char text[300]; /* as it is shown: "hub.example:55555", "nick://[::1]:4000" */
};

/* Fills in `url`. Returns NULL, or what is wrong with `text`, to be shown behind it: "not a port (1 to
 * 65535)"; `url` then means nothing. */
const char *url_parse(struct url *url, const char *text);

#endif
