/* The server's inside, shared by server.c (sockets that listen, the turns of the loop), client.c (plain-text
 * clients), crowd.c (what all of them are shown) and peer.c (other nodes). */
#ifndef LANCHAT_CLIENT_H
#define LANCHAT_CLIENT_H

#include "channel.h"
#include "feed.h"
#include "lanchat/plain.h"
#include "lanchat/server.h"
#include "sockets.h"
#include "timers.h"

#define CLIENT_READ_OCTETS  32768 /* from one client in one turn, so that 2-octet lines make no megabyte */
#define CLIENT_PIECE_OCTETS 4096
#define CLIENT_NAME_MAX     64

/* Who has connected: not known yet, or a plain-text client. */
struct client {
    struct timer timer;          /* first: a timer is its client */
    struct client *next, **link; /* in the server's list, and what points to it there */
    struct client *next_by_id;
    struct server *server;
    int fd;
    union address from;
    struct plain plain;
    struct node_guest *guest; /* NULL: not in the room yet */
    uint64_t id;              /* the guest's */
    struct feed_reader reader;
    enum plain_kind kind;
    bool waiting;        /* until it takes more */
    bool held;           /* is not read for a while */
    bool short_lines;    /* what it says grows much on its way to the others */
    bool ended;          /* it sends no more */
    uint64_t written_us; /* when it was sent something last; 0: never */
    uint64_t slow_us;    /* since when it is far behind; 0: it is not */
    uint64_t taken_us;   /* when the half second of taken[0] began */
    uint32_t taken[2];   /* octets, in this half second and in the one before */
};

/* Guests whose ids end alike. */
struct chain {
    struct client *first;
};

/* A node that has connected. */
struct peer {
    struct peer *next;
    struct server *server;
    struct channel *channel; /* NULL: it has ended */
    int link;
    uint64_t id;
    char name[CLIENT_NAME_MAX];
};

/* Joins and leaves of the present second, when there are too many people for a line each. */
struct fold {
    uint64_t at_us; /* when it is told; UINT64_MAX: nothing happened */
    unsigned joined, left;
    char nick[NODE_SHOWN_MAX + 1]; /* of the first */
};

struct listener {
    struct server *server;
    int fd;
};

struct server {
    struct loop *loop;
    struct links *links;
    struct node *node;
    lan_notice *notice;
    void *context;
    struct listener *listeners;
    size_t listener_count;
    struct server_allow *allows;
    size_t allow_count;
    uint64_t room, opened_ms;
    struct node_time time; /* of what is being read: many messages come at once */
    bool stopped;
    bool told_full;      /* that there are no more descriptors */
    uint64_t accept_us;  /* when accepting goes on; UINT64_MAX: it does */
    uint64_t notices_us; /* when the present second of notices began */
    unsigned notices, notices_left_out;

    struct client *clients, *gone; /* gone: dropped, to be freed at the end of the turn */
    struct timers timers;
    struct chain *by_id; /* guests, by the lowest bits of their ids */
    size_t by_id_room, guest_count;
    struct feed feeds[2]; /* by kind */
    size_t said_octets;   /* since the last flush: of what is said to all */
    bool news;            /* since the last flush a feed has got more */
    bool closed;          /* somebody was: the node has something to say */
    bool holding;         /* speakers: until who is behind has caught up */
    size_t held_count;
    uint64_t judge_us; /* when to look again at who is behind */
    size_t people;     /* in the room */
    struct fold fold;

    struct peer *peers;
    char input[CLIENT_READ_OCTETS];
    char piece[CLIENT_PIECE_OCTETS];
};

/* server.c */

/* A notice about a connection, of which there are at most 10 in a second; what is beyond is counted. */
__attribute__((format(printf, 2, 3))) void server_tell(struct server *server, const char *format, ...);

/* "192.0.2.1:4242", "[2001:db8::1]:4242" */
void server_name(const union address *address, char out[CLIENT_NAME_MAX]);

/* client.c */

/* Greets a new connection; takes fd over. */
void client_open(struct server *server, int fd, const union address *from);

/* It leaves the room, if it was in it, and its connection is closed. `why` is for the notice; NULL: none. */
void client_drop(struct client *client, const char *why);

/* What is sent to one alone, past the feed; for what is short and comes first. */
void client_send(struct client *client, struct span text);

/* Sends what is queued, as far as the connection takes it. May drop the client. */
void client_write(struct client *client, uint64_t now_us);

/* The guest of that id, or NULL. */
struct client *client_find(const struct server *server, uint64_t id);

void clients_tick(struct server *server, struct node_time time);
void clients_flush(struct server *server);

/* Frees those that were dropped. */
void clients_sweep(struct server *server);

/* crowd.c */

void crowd_tick(struct server *server, uint64_t now_us);

/* peer.c */

/* A node said its preface and `rest`. Takes fd over. */
void peer_open(struct server *server, int fd, const union address *from, uint64_t id, struct span rest);
void peers_tick(struct server *server, struct node_time time);
uint64_t peers_deadline(const struct server *server);
void peers_flush(struct server *server);
bool peers_unsent(const struct server *server);
void peers_close(struct server *server);

#endif
