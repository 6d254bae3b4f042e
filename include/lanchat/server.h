/* TCP in: listens, greets who connects, and finds out what it is: another node, which becomes a link of ours,
 * or a plain-text client, who becomes a guest of the node and is shown one room. lanchat(7) describes the
 * greeting and what plain-text clients send and are shown.
 *
 * What is said is stored once, whoever is still to be sent it; who is more than 1 MiB behind and does not
 * read is dropped. In each turn of the loop a client is sent what that turn brought with one call.
 *
 * More nodes connect than one node has links: then the server makes further ones, up to 16, each connected to
 * the first within the process. About a thousand nodes can connect. */
#ifndef LANCHAT_SERVER_H
#define LANCHAT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/lan.h"
#include "lanchat/links.h"
#include "lanchat/loop.h"
#include "lanchat/node.h"

#define SERVER_PORT 55555

/* Where to listen. An address in digits ("192.0.2.1", "fe80::1%eth0"); "" and "::" are every address of both
 * families. */
struct server_listen {
    char address[64];
    uint16_t port; /* 0: any free one, for tests */
};

/* Who may connect: those whose first `bits` bits are these. Of an IPv4 address 4 octets count. */
struct server_allow {
    int family; /* AF_INET, AF_INET6 */
    uint8_t address[16];
    unsigned bits;
};

/* Makes one more node like that of server_open, whose `context` it is given; NULL: no memory. */
typedef struct node *server_another(void *context);

struct server_options {
    const struct server_listen *listens;
    size_t listen_count; /* 0: port 55555 on every address */
    const struct server_allow *allows;
    size_t allow_count; /* 0: all */
    uint64_t room;      /* tag of the room of the plain-text clients */
    server_another *another;
};

struct server;

/* Opens the listening sockets. The options may go, the rest stays the caller's and has to outlive the server.
 * Notices are lines about connections: who was refused or dropped, which node came or went. NULL with the
 * reason in `error`: "port 55555: Address already in use". Lifts the process's limit of open files as far as
 * it may. */
struct server *server_open(const struct server_options *options, struct loop *loop, struct links *links,
                           struct node *node, lan_notice *notice, void *context, char error[LAN_ERROR_MAX]);

/* Closes every connection; who took part leaves the node. NULL is allowed. */
void server_close(struct server *server);

/* Every event of the node is to be given to this. */
void server_event(struct server *server, const struct node_event *event);

/* Lets time pass: to be called once a turn, and at server_deadline (monotonic microseconds). */
void server_tick(struct server *server);
uint64_t server_deadline(const struct server *server);

/* Once a turn, after the events: one send for each client and node that something is for. */
void server_flush(struct server *server);

/* Accepts and reads no more. What is queued is still flushed; server_unsent is true while there is some. */
void server_stop(struct server *server);
bool server_unsent(const struct server *server);

#endif
