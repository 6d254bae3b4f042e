/* A tutorial chat server (nick://HOST), as whose client a relay takes part there: its people become guests of
 * the node, and what is said in the room is said there. Of all relays that name the same server, the node
 * lets one at a time be its client. */
#ifndef LANCHAT_TEXT_SERVER_H
#define LANCHAT_TEXT_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "lanchat/lan.h"
#include "lanchat/loop.h"
#include "lanchat/node.h"
#include "lanchat/url.h"

struct text_server;

/* Under the nickname `nick` there; its people are in `room` (a tag), which the node carries. `notice` is
 * told, in one line each, when it is connected, when it is lost, why an attempt failed, and when another
 * relay is its client. The node must outlive it. NULL: no memory. */
struct text_server *text_server_open(const struct url *url, struct span nick, uint64_t room,
                                     struct loop *loop, struct node *node, lan_notice *notice, void *context);

/* Every event of the node. */
void text_server_event(struct text_server *server, const struct node_event *event);

/* Once a turn: dials, and gives up what takes too long; text_server_deadline says when it must be called
 * (monotonic microseconds). */
void text_server_tick(struct text_server *server);
uint64_t text_server_deadline(const struct text_server *server);

/* Once a turn, after the node's events: sends. */
void text_server_flush(struct text_server *server);

/* Closes the connection; its people leave. NULL is allowed. */
void text_server_close(struct text_server *server);

#endif
