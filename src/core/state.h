/* The node's state, shared by the files that make up the engine and by nobody else:
 *
 * - node.c: creation, what comes in, the deadline
 * - link.c: queues, paths, datagrams out
 * - hello.c: hellos out
 * - presence.c: who is here: hellos and byes in, silence
 * - exchange.c: rosters asked for and answered
 * - census.c: prompts: who is here, who has it
 * - speech.c: what is said and heard
 * - repair.c: what is missing is asked for, and answered from the store
 * - event.c: events out
 *
 * Where later parts will sit: vectors beside exchange.c (a summary is
 * asked for and answered as a page of the roster is), forwarding in link.c (a record queued on another link).
 */
#ifndef LANCHAT_STATE_H
#define LANCHAT_STATE_H

#include "lanchat/node.h"
#include "record.h"
#include "roster.h"
#include "store.h"
#include "stream.h"

#define NEVER      UINT64_MAX
#define PATH_KINDS 6

/* A record that waits to be sent on a link. */
struct outgoing {
    struct outgoing *next;
    struct record *record;
    bool old;               /* history: goes in a datagram that says so */
    struct node_address to; /* length 0: to the whole segment */
};

/* The pages of a roster, asked for one after the other. */
struct sync {
    bool active;
    uint64_t to;    /* who shall answer; 0: anybody */
    uint64_t from;  /* first id of the page that is missing */
    unsigned asked; /* how often */
    uint64_t at_us; /* when to ask again */
    uint64_t until_us;
};

/* A page that somebody asked for, or a single entry that somebody should hear of. */
struct page_due {
    bool active;
    bool single;
    bool gone_too; /* asked of us by id: who is gone is named, too */
    uint64_t from;
    struct node_address to; /* of a single one: whom it is about */
    uint64_t at_us;
};

#define PAGES_DUE_MAX 8

struct link {
    int index;
    enum node_link_kind kind;
    bool up[PATH_KINDS];
    uint32_t counters[PATH_KINDS];
    uint64_t own_heard_us[NODE_LINKS_MAX]; /* when our own hello of that link was heard here; 0: never */
    uint64_t segment;                      /* links that are the same LAN, as a set */

    struct outgoing *queue, *queue_tail;
    size_t queued_octets;

    uint64_t hello_at_us;   /* the regular one */
    uint64_t quick_at_us;   /* the next quick one; NEVER: none */
    uint64_t quick_step_us; /* pause after it */
    uint64_t hello_change;  /* streams that moved since are named in the next hello */

    uint64_t repairs_from_us; /* token bucket of repairs */

    bool joined;
    struct sync sync;
    struct page_due pages[PAGES_DUE_MAX];
    uint64_t pages_allowed_at_us; /* token bucket of answers: when the next one is */
    uint64_t differs_from;        /* the node whose digest differs from ours; 0: nobody's */
    uint64_t differs_digest;
    uint64_t heal_at_us, heal_pause_us;
};

/* A hello that somebody prompted for. */
struct answer_due {
    bool active;
    int link;
    struct node_address to;
    uint64_t asker, echo;
    uint64_t origin;
    size_t octets; /* it may be so large: three times the prompt */
    uint64_t at_us;
};

/* A record that somebody asked for. */
struct repair_due {
    int link;
    uint64_t origin;
    uint32_t number;
    uint64_t at_us;
};

#define REPAIRS_DUE_MAX 1024

#define ANSWERS_DUE_MAX 64
#define HELLOS_KEPT     (8 * NODE_LINKS_MAX)

struct census {
    bool active, over, all_rooms;
    uint32_t number;
    unsigned enough;
    unsigned rounds, quiet; /* sent; of these, in a row, that brought nobody new */
    bool brought;           /* this round brought somebody new */
    uint64_t started_us, round_at_us, round_us;
};

struct event_item {
    struct event_item *next;
    struct node_event event;
    char text[];
};

/* The datagram that is being sent, one path after the other. */
struct sending {
    struct link *link; /* NULL: none */
    int path;          /* the next to try */
    bool old;
    struct node_address to;
    size_t length;
    uint8_t bytes[WIRE_DATAGRAM_MAX];
};

struct node {
    struct node_config config;
    struct node_timing timing;
    struct node_time time; /* of the call that is under way */
    struct node_counters counters;

    uint64_t id, room;
    char nick[TEXT_NICK_MAX + 1], room_name[TEXT_ROOM_MAX + 1];
    uint32_t version; /* of our roster entry */
    uint64_t stamp;   /* Lamport's clock */
    bool ready, leaving;
    uint64_t started_us;

    struct link *links[NODE_LINKS_MAX];
    struct roster roster; /* we are in it */
    struct peer *self;
    struct idmap streams; /* of our room; our own is in it */
    struct stream *own;
    uint64_t changes; /* counts every move of a stream */
    size_t held_octets;
    uint64_t gap_deadline_us; /* no stream's deadline is before */
    struct store store;
    struct repair_due *repairs; /* REPAIRS_DUE_MAX of them, once there was one */
    size_t repair_count;
    uint64_t repair_deadline_us; /* no request and no repair is due before */
    struct answer_due answers[ANSWERS_DUE_MAX];
    uint64_t answers_allowed_at_us;
    uint64_t hellos[HELLOS_KEPT]; /* hashes of the hellos that we sent last */
    unsigned hello_count;
    struct census census;

    struct sending sending;
    struct event_item *events, *events_tail, *event_shown;
};

/* How a datagram came. */
struct arrival {
    struct node *node;
    struct link *link;
    enum wire_path path;
    const struct node_address *from;
    const struct wire_header *header;
    size_t length;
};

static inline uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Iterates over the links that exist. */
static inline struct link *next_link(const struct node *node, int *index)
{
    while (*index < NODE_LINKS_MAX)
        if (node->links[(*index)++])
            return node->links[*index - 1];
    return NULL;
}

/* node.c */
uint64_t random_below(struct node *node, uint64_t bound); /* 0 when bound is 0 */
uint64_t random_id(struct node *node);                    /* never 0 */
uint64_t now_of(const struct node *node);
void take_fresh_id(struct node *node);
/* Lamport's clock. A stamp too far ahead is not believed: nobody can push the clock so far that it ends. */
bool stamp_is_ahead(const struct node *node, uint64_t stamp);
void advance_clock(struct node *node, uint64_t stamp);

/* link.c */
#define LINK_BIT(index) (UINT64_C(1) << (index))
void link_free(struct link *link);
/* Queues a record on a link, to the whole segment or (to not NULL) to one address. Takes over the caller's
 * hold. */
void link_queue(struct node *node, struct link *link, struct record *record, const struct node_address *to);
/* Queues a record that is repaired, of which the caller keeps its hold; old: it is history. */
void link_queue_repair(struct node *node, struct link *link, struct record *record, bool old);
/* Encodes and queues; false when that fails. */
bool link_send(struct node *node, struct link *link, const struct wire_record *record,
               const struct node_address *to);
bool link_usable(const struct link *link);
unsigned link_paths(const struct link *link);

#define INTERVALS_SUSPECTED 3 /* who was silent for so many is suspected */

/* hello.c */
uint64_t hello_mean(const struct node *node, const struct link *link);
uint64_t hello_interval(struct node *node, const struct link *link); /* jittered, around the mean */
void presence_announce(struct node *node, struct link *link);        /* a hello now, quick ones after */
void presence_announce_everywhere(struct node *node);
void presence_spoke(struct node *node,
                    struct link *link); /* something was put on the link: quick hellos follow */
void presence_hello(struct node *node, struct link *link, const struct answer_due *answer);
void hello_tick(struct node *node, struct link *link);

/* presence.c */
struct span span_of_nick(const struct node *node); /* as it is told others: people's alone */
void presence_tick(struct node *node);
uint64_t presence_deadline(const struct node *node);
void presence_ready(struct node *node);
void presence_enter_self(struct node *node);
void on_hello(const struct arrival *arrival, const struct wire_record *record);
void on_bye(const struct arrival *arrival, const struct wire_record *record);
/* Applies what somebody said of a node: an entry of a roster, a hello or a bye. Hearsay: what is not said by
 * itself. Returns the entry, or NULL.
 */
struct peer *presence_apply(struct node *node, struct link *link, uint64_t room,
                            const struct wire_entry *entry, bool hearsay);
void shown_nick(const struct node *node, uint64_t id, struct span nick, char out[NODE_SHOWN_MAX + 1]);

/* exchange.c */
void exchange_start(struct node *node, struct link *link, uint64_t to);
void exchange_compare(struct node *node, struct link *link, uint64_t sender, uint64_t digest);
void exchange_tick(struct node *node);
uint64_t exchange_deadline(const struct node *node);
/* Tells everybody on a link of an entry; or, if it still stands after a short random time, him whom it is
 * about. */
void exchange_tell(struct node *node, struct link *link, const struct peer *peer);
void exchange_tell_soon(struct node *node, struct link *link, const struct peer *peer,
                        const struct node_address *to);
void on_roster(const struct arrival *arrival, const struct wire_record *record);
void on_request(const struct arrival *arrival, const struct wire_record *record);

/* speech.c */
void on_message(const struct arrival *arrival, const struct wire_record *record);
/* The stream of an origin; a new one counts everything up to `base` as seen. NULL when there is no memory. */
struct stream *speech_stream(struct node *node, uint64_t origin, uint32_t base);
/* A node is said to have put out numbers up to `highest`. */
void speech_learn(struct node *node, const struct link *link, uint64_t origin, uint32_t highest);
void speech_own_number(struct node *node,
                       uint32_t number); /* heard of ourselves: above our own, it is a twin's */
void speech_ready(struct node *node);    /* shows what was heard while we joined */
void speech_tick(struct node *node);
void speech_forget(struct node *node);

/* repair.c */
void repair_watch(struct node *node, struct stream *stream); /* a stream moved, or learned of a gap */
void repair_heard(struct node *node, uint64_t origin, uint32_t number, const struct link *link);
void repair_asked(const struct arrival *arrival, const struct wire_request *request);
void repair_tick(struct node *node);
void on_gone(const struct arrival *arrival, const struct wire_record *record);

/* census.c */
void on_prompt(const struct arrival *arrival, const struct wire_record *record);
void census_answered(struct node *node, struct peer *peer);
void census_tick(struct node *node);
uint64_t census_deadline(const struct node *node);

/* event.c */
/* Queues an event; its text is copied. */
void event_post(struct node *node, const struct node_event *event);
void event_free_all(struct node *node);

#endif
