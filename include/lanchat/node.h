/* The node: the whole protocol, without a socket or a clock. Bytes and a reading of the clock go in;
 * datagrams and events are pulled out until there are none; node_deadline says when it wants to be called
 * next.
 *
 *     node_receive / node_tick / node_say ...  then  node_pull until false  then  node_event until false
 *
 * A node has links (here: segments, each one interface of a LAN), and each link has paths, one for each kind
 * of address by which the whole segment is reached. lanchat(7) describes what it does, and why.
 *
 * Ownership: the node owns all that it hands out; a datagram or an event is good until the next call of any
 * function that takes the node without const. Nothing here blocks. When memory runs out what needed it is
 * dropped and counted. */
#ifndef LANCHAT_NODE_H
#define LANCHAT_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/text.h"
#include "lanchat/wire.h"

#define NODE_LINKS_MAX 64
#define NODE_SHOWN_MAX                                                                                       \
    (TEXT_NICK_MAX + 6) /* a nickname as shown: with `~` and four digits if it is not unique */
#define NODE_ADDRESS_MAX 24

struct node;

struct node_time {
    uint64_t now_us;  /* monotonic, for timers */
    uint64_t wall_ms; /* since 1970, for show */
};

struct node_random {
    void (*fill)(void *context, void *bytes, size_t length);
    void *context;
};

/* An address that only io can read; the core compares it and hands it back. Unused octets are 0. */
struct node_address {
    uint8_t octets[NODE_ADDRESS_MAX];
    uint8_t length; /* 0: none */
};

/* What the protocol waits for. node_timing_default fills it in; a test may change it. Microseconds. */
struct node_timing {
    uint64_t hello_least_us; /* least interval between hellos */
    uint64_t hello_link_us;  /* on a connection: enough for either end to notice that the other is dead */
    uint64_t hello_share_us; /* and for each node heard and path used: a tenth of a second */
    uint64_t hello_seek_us;  /* while nobody is heard at the address that a link leads to */
    uint64_t hello_alone_us; /* they thin out to this where nobody was ever heard */
    uint64_t hello_quick_us; /* first quick hello after a node said something */
    uint64_t join_ask_us;    /* first pause between the asks of a joiner; doubles */
    unsigned join_asks;      /* how often it asks before it believes that it is alone */
    uint64_t join_pages_us;  /* how long it waits for missing pages */
    uint64_t gap_us;         /* how long a missing number is asked for before it is lost */
    uint64_t gone_us;        /* likewise, when its speaker has it no more */
    uint64_t request_us; /* requests are spread over this long, and so much again for every 8 nodes heard */
    uint64_t request_most_us; /* they back off to this while the gap is younger than request_young_us */
    uint64_t request_young_us;
    uint64_t repair_us;       /* who is not the speaker answers after this long, spread like requests */
    uint64_t old_us;          /* a record of this age is history */
    uint64_t repair_octets;   /* repairs a second and link, at the most; younger ones more if more is said */
    uint64_t asker_octets;    /* likewise of old records for each who asks */
    uint64_t suspect_us;      /* between the prompts to a silent node */
    unsigned suspect_prompts; /* so many, then it is gone */
    uint64_t heal_us;         /* from a difference of rosters to the first request; doubles */
    uint64_t heal_vector_us;  /* likewise of vectors */
    uint64_t forget_us;       /* how long it is remembered that somebody is gone */
    uint64_t answer_share_us; /* answers are spread over this long for each node heard */
    uint64_t census_round_us; /* first round of prompts; doubles up to census_round_most_us */
    uint64_t census_round_most_us;
    uint64_t census_alone_us; /* when nobody answered by then, nobody is here */
    uint64_t pace_us;         /* who has not said for so long that he has it is not waited for */
    uint64_t forward_us;     /* what comes from afar waits for up to this long where others forward it, too */
    unsigned census_prompts; /* who is known from others only and answers none of these is not waited for */
};

struct node_config {
    enum wire_role role;
    struct span nick; /* of what it says */
    struct span room; /* its own; the only one of a node that does not forward */
    bool forwards;    /* passes on what it hears on one link to all others */
    bool every_room;  /* takes part in whatever room is heard of, not only in its own */
    uint32_t history; /* messages said before it came that are shown first */
    struct node_random random;
    struct node_timing timing;
    size_t store_octets; /* budget of what is held for a room */
};

void node_timing_default(struct node_timing *timing);

/* NULL when there is no memory, or nick or room break the rule for names. */
struct node *node_new(const struct node_config *config, struct node_time time);
void node_free(struct node *node);

uint64_t node_id(const struct node *node);

/* Carries one more room, if the node forwards; false when the name breaks the rule, there are too many rooms,
 * or no memory. */
bool node_carry(struct node *node, struct span name, struct node_time time);

/* Begins with all that another node of the same process has shown and stores, as if it had heard it on a
 * link: a connection to that one, which is not up yet. So it has nothing to fetch while others ask it. For a
 * node that forwards, is just made, and carries the same rooms; records are shared. What it lacks for want of
 * memory it fetches. */
void node_begin_with(struct node *node, int link, struct node *other, struct node_time time);

/* True when it has its base: from here on nothing is missed. */
bool node_ready(const struct node *node);

/* What a link is: an interface of a LAN, or a connection to one other node (TCP), which loses nothing while
 * it is up and whose only path is WIRE_PATH_LINK. */
enum node_link_kind {
    NODE_SEGMENT,
    NODE_CONNECTION,
};

/* Links and paths. node_link_add returns the link's index, or -1 when there are NODE_LINKS_MAX. Putting a
 * path up that is up announces the node there again (its address has changed). A connection that broke is a
 * path down; it may come up again on the same link.
 *
 * The node decides which of a segment's paths a datagram goes out on: hellos on all that node_path_up put up,
 * all else on the fewest that reach everybody, as the others' hellos tell. node_path_reserve puts up a path
 * that is for hellos, too, only while somebody is not reached or heard otherwise, and after talk.
 *
 * WIRE_PATH_UNICAST may be put up on a segment that is one other node at an address that io knows, or looks
 * for (--peer): a datagram for all there comes on that path with an empty `to`. While nobody is heard there
 * the node says hello once a second. */
int node_link_add(struct node *node, enum node_link_kind kind, struct node_time time);
void node_link_remove(struct node *node, int link, struct node_time time);
void node_path_up(struct node *node, int link, enum wire_path path, struct node_time time);
void node_path_reserve(struct node *node, int link, enum wire_path path, struct node_time time);
void node_path_down(struct node *node, int link, enum wire_path path, struct node_time time);

/* A connection takes nothing now (full), or takes again: while it is full node_pull hands out nothing for it.
 * When too much waits there, more for it is dropped, and once it takes again both ends compare what they
 * have. Who forwards lets others wait for a full connection for node_timing's pace_us at the most. */
void node_link_full(struct node *node, int link, bool full, struct node_time time);

/* When somebody else was heard on the link last (monotonic microseconds); 0: never. */
uint64_t node_link_heard(const struct node *node, int link);

/* What came and went on a link since it was added. */
struct node_path {
    bool up;
    bool reserve;      /* it is up, and a reserve */
    uint64_t since_us; /* when it came up (monotonic), if it is up */
    uint64_t heard_us; /* when others were heard on it last; 0: never */
    uint64_t in, out;  /* datagrams of others that came; that were handed out */
    uint64_t missed;   /* that others put on it, as their counters tell, and that did not come */
};

struct node_link {
    enum node_link_kind kind;
    struct node_path paths[WIRE_PATHS]; /* by enum wire_path */
    uint64_t repaired;                  /* records that were asked for, and came there */
};

/* False if there is no such link. */
bool node_link(const struct node *node, int index, struct node_link *link);

/* The links that are the same LAN as `link`, itself among them, as a set. */
uint64_t node_segment(const struct node *node, int link);

/* A datagram came: on which link and path, from which address. Malformed ones are counted and dropped. */
void node_receive(struct node *node, int link, enum wire_path path, const struct node_address *from,
                  const uint8_t *bytes, size_t length, struct node_time time);

/* Lets time pass: to be called at node_deadline, may be called at any time. */
void node_tick(struct node *node, struct node_time time);

/* When node_tick wants to be called (monotonic microseconds); UINT64_MAX: not at all. */
uint64_t node_deadline(struct node *node);

struct node_datagram {
    int link;
    enum wire_path path;
    struct node_address to; /* for WIRE_PATH_UNICAST; empty: to him whom the link leads to */
    const uint8_t *bytes;
    size_t length;
};

bool node_pull(struct node *node, struct node_datagram *datagram);

enum node_event_type {
    NODE_READY,
    NODE_MESSAGE,
    NODE_JOIN,
    NODE_LEAVE,
    NODE_NICK,
    NODE_LOST,
    NODE_CENSUS, /* a census is over: see node_census_result */
};

/* Why a message is shown. */
enum node_history {
    NODE_NOW,
    NODE_BEFORE, /* it was said before we came: as many as were asked for on joining */
    NODE_AGAIN,  /* node_recall */
};

struct node_event {
    enum node_event_type type;
    uint64_t clock_ms;             /* when it was said, or happened */
    uint64_t id, room;             /* room: its tag */
    char nick[NODE_SHOWN_MAX + 1]; /* as shown; empty: not known */
    char old[NODE_SHOWN_MAX + 1];  /* NODE_NICK */
    uint32_t first, last;          /* NODE_MESSAGE: its records; NODE_LOST: the numbers */
    bool action, replay;           /* NODE_MESSAGE */
    enum node_history history;     /* NODE_MESSAGE */
    bool present;                  /* NODE_JOIN: was here before us */
    bool timed_out;                /* NODE_LEAVE: silent, not a bye */
    bool from_server;              /* it is of a text server; known of messages, and of our own guests */
    struct span text;              /* NODE_MESSAGE */
};

bool node_event(struct node *node, struct node_event *event);

/* Guests: people who take part through a node that forwards without a node of their own: plain-text clients,
 * people of a text server. Each has an id, a stream and a roster entry of its own (role WIRE_TEXT) in one of
 * the node's rooms. What guests say, and their joins, leaves and changes of name, are events of this node,
 * too, at once. Their host reads what they say no faster than node_may_say lets it. from_server: what it says
 * is marked so that it is never sent to a text server again. The node owns its guests; one is good until it
 * leaves or the node is freed. */
struct node_guest;

/* NULL when there is no memory, the node does not forward or is leaving, the room (a tag) is not carried,
 * the nickname breaks the rule, or the roster is full. */
struct node_guest *node_guest_enter(struct node *node, struct span nick, uint64_t room, bool from_server,
                                    struct node_time time);
void node_guest_leave(struct node *node, struct node_guest *guest, struct node_time time);
bool node_guest_rename(struct node *node, struct node_guest *guest, struct span nick, struct node_time time);
uint32_t node_guest_say(struct node *node, struct node_guest *guest, struct span text, bool action,
                        struct node_time time); /* as node_say */

/* It changes when somebody else uses the id; then the old one leaves, and the new one joins. */
uint64_t node_guest_id(const struct node_guest *guest);

/* Of all relays that name the same text server, near or far, one at a time may be its client. Each enters a
 * candidate, of the hash of the server's URL: who came first, by the wall clock, holds the connection. A
 * relay whose connection is down takes its candidate back (node_guest_leave), and comes last with a new one.
 * No person: it is neither listed nor told. Otherwise a guest, with the same limits. */
struct node_guest *node_candidate_enter(struct node *node, uint64_t room, uint64_t server,
                                        struct node_time time);

/* True when nobody who came earlier is here in any room that the node carries. */
bool node_candidate_holds(const struct node *node, const struct node_guest *candidate);

/* Says a text of at most TEXT_SAY_MAX bytes of valid UTF-8; several records if it is long. Returns the number
 * of the last, or 0 when there is no memory or the text is too long. */
uint32_t node_say(struct node *node, struct span text, bool action, struct node_time time);

/* False while so much waits to be sent that input should wait too. */
bool node_may_say(const struct node *node);

/* False while what came on a link cannot be passed on: io should not read it until it is true again. */
bool node_may_read(const struct node *node, int link);

/* Changes the nickname; false if it breaks the rule. */
bool node_rename(struct node *node, struct span nick, struct node_time time);

/* Says bye on every link. What was said before is still to be pulled, and so is the bye. */
void node_bye(struct node *node, struct node_time time);

/* A census prompts the nodes of the room (or of every room) until two rounds brought nobody new and all who
 * are waited for have our records up to `number` (0: just who is here). When that is so, or `enough` nodes
 * have it (0: all), or when nobody is here, NODE_CENSUS says so. */
void node_census(struct node *node, uint32_t number, unsigned enough, bool all_rooms, struct node_time time);

struct node_census {
    bool over;
    unsigned have;   /* nodes that have it */
    unsigned lack;   /* nodes that are waited for and don't */
    unsigned silent; /* nodes known from others only, who answered no prompt */
};

struct node_census node_census_result(const struct node *node);

/* A node that is here, in any room. */
struct node_peer {
    uint64_t id, room;
    enum wire_role role;
    char nick[NODE_SHOWN_MAX + 1]; /* as shown; empty: none */
    bool heard;                    /* itself, not only through others */
    bool waited, has, silent;      /* in the census: it counts; it has it; it answered nothing */
    int link;                      /* where it was heard last, and how */
    enum wire_path path;
    struct node_address address;
};

/* The index-th of them, in order of id; false past the last. */
bool node_peer(const struct node *node, size_t index, struct node_peer *peer);

/* Posts the last messages of its own room that are stored, at most `count`, in order of stamp, as events
 * again that are replays. */
void node_recall(struct node *node, unsigned count, struct node_time time);

/* The name of a room's tag, if a node here said it; else empty. */
struct span node_room_name(const struct node *node, uint64_t tag);

struct node_counters {
    uint64_t datagrams, own; /* heard; of these its own */
    uint64_t refused;        /* malformed */
    uint64_t duplicates;     /* records seen before */
    uint64_t foreign;        /* records of other rooms */
    uint64_t future;         /* records whose stamp is too far ahead */
    uint64_t dropped;        /* for want of memory or of room in a budget */
    uint64_t sent;
};

const struct node_counters *node_counters(const struct node *node);

#endif
