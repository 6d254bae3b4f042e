/* A socket on the shared port, of one interface and family, that hears what is sent to all: opened, its group
 * joined and renewed; and what is said when that fails. */
#ifndef LANCHAT_SHARED_H
#define LANCHAT_SHARED_H

#include "interfaces.h"
#include "lanchat/lan.h"
#include "renewal.h"
#include "sockets.h"

struct shared {
    int family;
    int fd;       /* -1: none */
    bool joined;  /* the group; if not, it hears broadcasts and ff02::1 alone */
    bool refused; /* it could not even be opened, let alone join */
    int error;    /* errno of the last attempt to open it and join; 0: it was good, or there was none */
    int told;     /* the last error that was told */
    struct renewal renewal; /* of the group, if it is joined */
};

void shared_init(struct shared *shared, int family);

/* The group that it joins. */
union address shared_group(const struct shared *shared, const struct lan_options *options);

/* Opens it and joins, as far as that was not done. What could be opened stays so if it cannot join. */
void shared_open(struct shared *shared, const struct lan_options *options, const struct interface *interface,
                 struct loop *loop, loop_ready *ready, void *context);
void shared_close(struct shared *shared, struct loop *loop);

/* Leaves the group if it is to be renewed now. True if it is to be joined again: by shared_open. */
bool shared_renew(struct shared *shared, const struct lan_options *options, const struct interface *interface,
                  struct node_time time);

/* When to call that (monotonic microseconds), or LOOP_FOREVER. */
uint64_t shared_deadline(const struct shared *shared, struct node_time time);

/* True if an error is to be told, once: `line` says which, and what follows if it could not be opened ("that
 * is ..."), or not join (" (...)", or nothing). */
bool shared_failure(struct shared *shared, const struct lan_options *options,
                    const struct interface *interface, const char *refused, const char *alone,
                    char line[LAN_ERROR_MAX]);

#endif
