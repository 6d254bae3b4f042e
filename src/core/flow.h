/* A TCP connection of a capture: both directions, in order, and what they say. */
#ifndef LANCHAT_FLOW_H
#define LANCHAT_FLOW_H

#include "dialogue.h"
#include "packet.h"
#include "reassembly.h"

#define FLOW_TCP_PORT 55555

struct flow {
    struct capture_address ends[2];
    struct reassembly octets[2]; /* of what each end says */
    struct dialogue words[2];
    char interface[CAPTURE_INTERFACE_MAX + 1]; /* where it was captured last; empty: no name is there */
    uint64_t heard;                            /* the packet that was the last of it */
    bool used, ours;
    bool ending; /* no more comes */
    bool ended[2];
};

/* Whether a segment that belongs to no connection so far may begin one of lanchat's. */
bool flow_may_begin(const struct packet *packet);

/* Makes a connection of one that is not used. */
void flow_open(struct flow *flow, const struct packet *packet);
void flow_free(struct flow *flow);

/* Which end sent the packet: 0 or 1; -1: it is not of this connection. */
int flow_side(const struct flow *flow, const struct packet *packet);

/* Whether the segment begins another connection of the same two ends. */
bool flow_begins_another(struct flow *flow, int side, const struct packet *packet);

/* Takes a segment; false without memory. */
bool flow_put(struct flow *flow, int side, const struct packet *packet, uint64_t time_us);

/* No more will come of it. */
void flow_end(struct flow *flow);

/* What to do when time has passed; to be called at flow_deadline. */
void flow_pass(struct flow *flow, uint64_t now_us);
uint64_t flow_deadline(const struct flow *flow);

enum flow_step { FLOW_NOTHING, FLOW_EVENT, FLOW_NO_MEMORY };

/* The next event, and which end said it. */
enum flow_step flow_next(struct flow *flow, uint64_t now_us, struct dialogue_event *event, int *side);

/* Whether it is none of lanchat's. */
bool flow_is_foreign(const struct flow *flow);

/* Octets of it that are missing or could not be read. */
uint64_t flow_lost(const struct flow *flow);

#endif
