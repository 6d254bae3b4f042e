/* A TCP connection to another node, as a link of ours: frames of a 16-bit length and one datagram each, both
 * ways (lanchat(7), TCP). Its owner greets first, adds the link, and sends with channel_send from a
 * links_send of his own. */
#ifndef LANCHAT_CHANNEL_H
#define LANCHAT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/links.h"
#include "lanchat/loop.h"
#include "lanchat/node.h"

struct channel;

/* Told once, from within loop_wait, channel_take, channel_flush or channel_tick, that the channel is at its
 * end: `why` in a few words, "closed by the other side", good until channel_close, which may be called from
 * here and has to be called soon. */
typedef void channel_ended(void *context, const char *why);

/* Takes over fd, which is connected, non-blocking, greeted and not in the loop, and puts the path of `link`
 * (links_add with NODE_CONNECTION) up. NULL, with errno set, when there is no memory: fd is then still the
 * caller's. */
struct channel *channel_open(struct loop *loop, struct node *node, int fd, int link, channel_ended *ended,
                             void *context);

/* Octets that were read past the greeting, to be given at once. */
void channel_take(struct channel *channel, const uint8_t *bytes, size_t length);

/* Appends a frame to what waits. When very much waits the node is told to hand out no more for the link. */
void channel_send(struct channel *channel, const struct node_datagram *datagram);

/* Once a turn: one send of all that was appended, and reads again if the node has room again. */
void channel_flush(struct channel *channel);

/* Ends it when the other side was silent, or took nothing, for 45 s. channel_deadline says when to look
 * (monotonic microseconds). */
void channel_tick(struct channel *channel, struct node_time time);
uint64_t channel_deadline(const struct channel *channel);

/* True while something waits to be written. */
bool channel_unsent(const struct channel *channel);

/* Closes fd and puts the path down; the link stays its owner's. NULL is allowed. */
void channel_close(struct channel *channel);

#endif
