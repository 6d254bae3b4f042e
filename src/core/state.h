/* The node's state, shared by the files that make up the engine and by nobody else:
 *
 * - node.c: creation, what comes in, the deadline
 * - link.c: queues, datagrams out
 * - paths.c: on which paths they go out
 * - room.c: the rooms that the node takes part in, and how far it is in each on a link
 * - hello.c: hellos out
 * - presence.c: who is here, and by which way that is known; silence
 * - own.c: those in whose name the node speaks: itself, and its guests
 * - guest.c: what guests do
 * - people.c: names as shown, joins and leaves
 * - greet.c: hellos and byes in
 * - exchange.c: pages of vectors and rosters asked for and answered, when joining and when they differ
 * - vector.c: what of each stream was seen, its digest and its pages
 * - census.c: prompts: who is here, who has it
 * - speech.c: what is said and heard
 * - show.c: what of it is shown, and what is lost
 * - history.c: what was said before we came
 * - repair.c: what is missing is asked for
 * - answer.c: what others ask for, out of the store
 * - pace.c: no more is put on a link than its listeners take
 * - forward.c: what came on one link goes to all others
 * - begin.c: a node begins with what another has
 * - event.c: events out
 */
#ifndef LANCHAT_STATE_H
#define LANCHAT_STATE_H

#include "lanchat/node.h"
#include "link.h"
#include "record.h"
#include "roster.h"
#include "store.h"
#include "stream.h"

#define PARTS_MAX 20 /* of a text */

/* A hello that somebody prompted for. */
struct answer_due {
    bool active;
    int link;
    struct node_address to;
    uint64_t asker, echo;
    struct room *room; /* that was prompted for; NULL: every one */
    uint64_t origin;
    size_t octets; /* it may be so large: three times the prompt */
    uint64_t at_us;
};

/* A record that is to be put on a link: somebody asked for it, or it is forwarded. */
struct repair_due {
    int link; /* -1: it is done with */
    uint64_t origin;
    uint32_t number;
    bool forward, old;
    bool insists; /* he asked in vain before */
    uint64_t asker;
    uint64_t at_us;
};

#define REPAIRS_DUE_MAX 2048
#define OLD_DUES_MAX    1024 /* of these */

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

/* Somebody whom no path reaches is sent copies, once his address has echoed a nonce; who asks in vain is sent
 * what answers him. */
struct copy {
    uint64_t id; /* 0: nobody */
    int link;
    bool needed;
    uint64_t insisted_us; /* 0: never */
    struct node_address to;
    uint64_t begun_us, nonce, proved_us; /* 0: never */
};

#define COPIES_MAX   32 /* each costs as much as a path */
#define UNPROVED_MAX 8  /* of them: what they are asked may go to somebody whose address was forged */
#define FEW_NODES    8  /* so few on a segment are told one by one */

/* The datagram that is being sent, one path after the other. */
struct sending {
    struct link *link; /* NULL: none */
    uint8_t paths;     /* to be sent on, still */
    size_t copy;       /* the next to look at */
    bool old;
    struct node_address to;
    size_t length;
    uint8_t bytes[WIRE_DATAGRAM_MAX];
};

#define ASKERS_MAX  64
#define SOURCES_MAX 64

/* What was said before we came, in order of stamp, until all of it is there. */
struct history {
    bool active;
    struct held *records;
    unsigned count, asked; /* count: first records of texts */
    unsigned segments;     /* that are asked */
    uint64_t stored;       /* how many records he who gave us our base has */
    uint64_t got;          /* how many came */
    uint64_t ask_at_us, until_us;
};

/* A room that the node takes part in: a person's one, or each that a forwarder carries. */
struct room {
    uint64_t tag;
    int index; /* in node->rooms and link->rooms */
    struct store store;
    size_t stream_count;
    uint64_t moves; /* counts every change of its vector */
};

/* In whose name the node speaks: itself, or a guest. */
struct node_guest {
    struct peer *peer;     /* in the roster: who it is */
    struct stream *stream; /* NULL: it has said nothing yet */
    struct room *room;
    bool from_server;
};

struct node {
    struct node_config config;
    struct node_timing timing;
    struct node_time time; /* of the call that is under way */
    uint64_t deadline_us;  /* as it was told last */
    struct node_counters counters;

    uint64_t id;
    char nick[TEXT_NICK_MAX + 1], room_name[TEXT_ROOM_MAX + 1];
    struct room *rooms[NODE_ROOMS_MAX]; /* its own is the first */
    int room_count;
    uint64_t stamp; /* Lamport's clock */
    bool ready, leaving;
    uint64_t started_us;

    struct link *links[NODE_LINKS_MAX];
    int links_end;        /* all links stand before, so that a loop over one link is short */
    struct roster roster; /* we are in it, and so are our guests */
    struct node_guest self;
    struct idmap streams; /* of our rooms; our own are in it */
    uint64_t changes;     /* counts every move of a stream */
    size_t held_octets;
    uint64_t gap_deadline_us; /* no stream's deadline is before */
    struct history history;
    size_t shares;                                /* octets that streams have asked for together */
    unsigned hungry;                              /* streams that wait for a share */
    struct repair_due *repairs;                   /* REPAIRS_DUE_MAX of them, once there was one */
    size_t repair_count, old_dues;                /* of these, that are history */
    uint32_t unheard_from;                        /* our own records from there on were said while no link */
    size_t unheard_octets;                        /* was usable: so many octets */
    uint64_t ask_deadline_us, repair_deadline_us; /* no request is due before; no repair */
    struct bucket requests, histories;
    size_t ask_turn;                    /* the stream that is asked for first */
    struct bucket askers[ASKERS_MAX];   /* by hash of the id */
    struct bucket sources[SOURCES_MAX]; /* by hash of the address: new ids */
    uint64_t woke_us;                   /* when it was called again after a long sleep */
    struct answer_due answers[ANSWERS_DUE_MAX];
    uint64_t answer_deadline_us; /* no answer is due before */
    struct sent_hello {
        uint64_t hash, stamp;
    } hellos[HELLOS_KEPT]; /* that we sent last */
    unsigned hello_count;
    uint64_t twin;     /* hash of what somebody with our id said */
    uint64_t again_us; /* when something was said anew under another id; 0: never */
    struct census census;

    struct copy copies[COPIES_MAX];
    uint64_t paths_moves; /* counts what the choice of paths depends on */
    struct sending sending;
    struct event_block *events, *events_last;
    size_t events_at; /* the next event in the first block */
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

static inline uint64_t now_of(const struct node *node)
{
    return node->time.now_us;
}

static inline uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Iterates over the links that exist. */
static inline struct link *next_link(const struct node *node, int *index)
{
    while (*index < node->links_end)
        if (node->links[(*index)++])
            return node->links[*index - 1];
    return NULL;
}

/* node.c */
uint64_t random_below(struct node *node, uint64_t bound); /* 0 when bound is 0 */
uint64_t random_id(struct node *node);                    /* never 0 */
/* Lamport's clock. Some stamps are no honest node's: nobody can push the clock so far that it ends. */
bool stamp_is_ahead(uint64_t stamp);
void advance_clock(struct node *node, uint64_t stamp);
/* Takes `cost_us` from a bucket; returns 0, or when there is room in it again. */
uint64_t bucket_take(struct bucket *bucket, uint64_t now_us, uint64_t cost_us, uint64_t burst_us);
/* True if a new id from this address may be let in: a bucket for each, so that nobody fills the tables. */
bool admits(const struct arrival *arrival);

/* link.c */
#define LINK_BIT(index) (UINT64_C(1) << (index))
void link_free(struct link *link);
/* Queues a message on a link, to the whole segment or (to not NULL) to one address. The caller keeps its
 * hold; old: it is history. */
void link_queue_message(struct node *node, struct link *link, struct record *record, bool old,
                        enum reach reach, const struct node_address *to);
/* Encodes and queues, to one address or to all (to NULL); false when that fails. */
bool link_send(struct node *node, struct link *link, const struct wire_record *record,
               const struct node_address *to);
bool link_send_all(struct node *node, struct link *link, const struct wire_record *record, enum reach reach);
bool link_usable(const struct link *link);
void link_count(const struct arrival *arrival);
/* True of one link of a segment: what goes to a segment once goes there. */
bool link_is_first(const struct node *node, const struct link *link);
/* True if `other` is the connection of a relay to the hub for which it answers on `link`. */
bool link_is_beyond(const struct node *node, const struct link *link, const struct link *other);

/* paths.c */
void paths_moved(struct node *node); /* something changed that a choice depends on */
/* A peer's hello came on a segment. True if it is the first copy that came of it. */
bool paths_heard(const struct arrival *arrival, struct peer *peer, const struct wire_record *hello);
/* It came, and where from is known. */
void paths_met(const struct arrival *arrival, struct peer *peer);
/* No hello of it came any more where it was known. */
void paths_silent(struct node *node, struct peer *peer);
enum wire_path paths_heard_by(const struct node *node, struct peer *peer);
void paths_forget_link(struct node *node, int link);
/* The octet and the exceptions of our own hello. */
uint8_t paths_hears(struct node *node, const struct link *link, struct wire_builder *exceptions);
uint8_t paths_for(struct node *node, struct link *link, enum reach reach); /* a set */
unsigned paths_count(struct node *node, struct link *link, enum reach reach);
/* On how many paths hellos go, as was chosen last. */
unsigned paths_of_hellos(const struct link *link, enum reach reach);
/* The next address that is sent a copy; *at is 0 first. */
bool paths_copy(struct node *node, const struct link *link, size_t *at, struct node_address *to);
/* A request for records was in vain before: he who asks is to prove his address, if we are who said them, or
 * few are heard. And where what answers him goes to him alone, too; NULL: nowhere. */
void paths_insists(const struct arrival *arrival, bool speaker);
const struct node_address *paths_alone(struct node *node, const struct link *link, uint64_t asker);
void paths_tick(struct node *node, struct link *link); /* with each hello */

#define INTERVALS_SUSPECTED 3 /* who was silent for so many is suspected */

/* room.c */
/* The room of a tag, or NULL if the node does not take part in it. */
struct room *room_get(const struct node *node, uint64_t tag);
/* Likewise, but who forwards every room begins to carry this one. */
struct room *room_enter(struct node *node, uint64_t tag);
struct room *room_own(const struct node *node);
struct room *room_carry(struct node *node, uint64_t tag); /* likewise, whoever asks for it */
void room_free_all(struct node *node);
bool rooms_on_link(struct node *node, struct link *link); /* false when there is no memory */
struct link_room *room_on(const struct link *link, const struct room *room);
bool joined_on(const struct link *link, const struct room *room);
bool answers_on(const struct node *node, const struct link *link,
                const struct room *room); /* joiners, prompts */
/* True of what is ours, or everybody's: forwarders take part in all rooms. */
bool takes_part(const struct peer *peer, const struct room *room);
bool is_forwarder(const struct peer *peer);
void segments_moved(struct node *node); /* which links are one segment has changed */

/* hello.c */
uint64_t hello_mean(struct node *node, const struct link *link);
uint64_t hello_interval(struct node *node, const struct link *link); /* jittered, around the mean */
void presence_announce(struct node *node, struct link *link);        /* a hello now, quick ones after */
void presence_announce_everywhere(struct node *node);
void presence_spoke(struct node *node,
                    struct link *link); /* something was put on the link: quick hellos follow */
void presence_hello(struct node *node, struct link *link, const struct answer_due *answer, enum reach reach);
void hello_tick(struct node *node, struct link *link);
void hello_met(struct node *node, struct link *link); /* somebody is heard there */

/* presence.c */
void presence_tick(struct node *node);
uint64_t presence_deadline(const struct node *node);
void presence_enter_self(struct node *node);
/* Applies what somebody said of a node: an entry of a roster, a hello or a bye. Hearsay: what is not said by
 * itself. Returns the entry, or NULL.
 */
struct peer *presence_apply(const struct arrival *arrival, uint64_t room, const struct wire_entry *entry,
                            bool hearsay);
/* A forwarder answers for it. */
bool presence_vouched(const struct node *node, const struct peer *peer);
void presence_vouch(const struct arrival *arrival, const struct room *room);
void presence_link_down(struct node *node, const struct link *link);

/* A hello of it came: its way is this link. */
void presence_heard(const struct arrival *arrival, struct peer *peer, const struct wire_record *hello);

/* A guest leaves for good: told to all, and here. */
void presence_leave(struct node *node, struct peer *peer);

/* own.c */
/* Him of ours who has this id; NULL: nobody. */
struct node_guest *own_of(const struct node *node, uint64_t id);
uint32_t own_next(const struct node_guest *own);            /* the number that it uses next */
bool own_stream(struct node *node, struct node_guest *own); /* there is one now, or no memory for it */
/* Enters a guest's entry, under an id of its own, and tells all. False when there is no room for it. */
bool own_enter(struct node *node, struct node_guest *guest, enum wire_role role, struct span nick);
void own_leave(struct node *node, struct node_guest *guest);
/* A number was heard of one of ours: above his own, it is a twin's. */
void own_number(struct node *node, struct node_guest *own, uint32_t number);
/* A message was heard of one of ours: it is his own, or he learns that he has a twin. */
void own_heard(struct node *node, struct node_guest *own, const struct wire_record *message);
/* Somebody else uses his id, as something shows that has this hash: he takes another. */
void own_twin(struct node *node, struct node_guest *own, uint64_t hash);
void own_fresh_id(struct node *node, struct node_guest *own);
/* Somebody says something of one of ours: if it is not so, he counts up, and says that he is here. */
void own_refute(struct node *node, struct node_guest *own, const struct wire_entry *entry);
void own_announce(struct node *node, const struct node_guest *own);

/* guest.c */
void guests_bye(struct node *node);
void guests_free(struct node *node);

/* people.c */
struct span span_of_nick(const struct node *node); /* as it is told others: people's alone */
/* His name as shown: told apart from others' if need be. */
void shown_peer(const struct peer *peer, char out[NODE_SHOWN_MAX + 1]);
/* Likewise whoever had this nickname when he said something. */
void shown_nick(const struct node *node, uint64_t id, struct span nick, char out[NODE_SHOWN_MAX + 1]);
/* Tells of whoever is a person of one of our rooms; a join and a leave once. */
void people_present(struct node *node); /* of all that were here before us */
void people_joined(struct node *node, struct peer *peer, bool present);
void people_left(struct node *node, struct peer *peer, bool timed_out);
void people_rename(struct node *node, struct peer *peer, struct span nick);

/* greet.c */
void on_hello(const struct arrival *arrival, const struct wire_record *record);
void on_bye(const struct arrival *arrival, const struct wire_record *record);

/* exchange.c */
void exchange_join(struct node *node, struct link_room *at);
void exchange_differs(struct node *node, struct link_room *at, enum pages kind, uint64_t sender,
                      uint64_t digest);
void exchange_compare(const struct arrival *arrival, struct link_room *at, const struct wire_room *theirs);
/* Asks who has what of the room of a stream that lacks something. */
void exchange_seek(struct node *node, const struct stream *stream);
void exchange_tick(struct node *node);
uint64_t exchange_deadline(const struct node *node);
/* Tells everybody on a link of an entry; or, if it still stands after a short random time, him whom it is
 * about. */
void exchange_tell(struct node *node, struct link *link, const struct peer *peer);
void exchange_tell_soon(struct node *node, struct link *link, const struct peer *peer,
                        const struct node_address *to);
uint64_t exchange_roster_digest(struct node *node, const struct link *link, struct link_room *at);
void on_roster(const struct arrival *arrival, const struct wire_record *record);
void on_summary(const struct arrival *arrival, const struct wire_record *record);
void on_request(const struct arrival *arrival, const struct wire_record *record);

/* vector.c */
/* The number of a stream that counts on a link: all up to it was shown, stored or given up. */
uint32_t vector_highest(const struct node *node, const struct link *link, const struct stream *stream);
uint64_t vector_digest(struct node *node, const struct link *link, struct link_room *at);
/* Adds the entries from an id on; returns the last id that they cover. */
uint64_t vector_page(struct node *node, const struct link *link, struct link_room *at, uint64_t from,
                     struct wire_builder *entries);
struct vector_news {
    bool behind, ahead; /* we lack something that the page has; it lacks something that we have */
    uint64_t stored;    /* records that its sender stores */
};
struct vector_news vector_apply(const struct arrival *arrival, struct link_room *at,
                                const struct wire_summary *page);
/* True if the vector is full, and this is older than all in it. */
bool vector_is_below(struct node *node, const struct link *link, struct link_room *at, uint64_t stamp,
                     uint64_t origin);
uint32_t vector_lowest(struct stream *stream); /* the lowest number that is stored; 0: none */
/* The lowest number from `from` on that is stored, or `end`. */
uint32_t vector_stored_from(const struct stream *stream, uint32_t from, uint32_t end);

/* speech.c */
void on_message(const struct arrival *arrival, const struct wire_record *record);
/* The stream of an origin; a new one counts everything up to `base` as seen. NULL when there is no memory, or
 * it is in another room. */
struct stream *speech_stream(struct node *node, struct room *room, uint64_t origin, uint32_t base);
/* Somebody names a number of a stream. Its speaker does if `sender` is the origin. */
void speech_learn(const struct arrival *arrival, struct room *room, uint64_t origin, uint32_t highest,
                  uint32_t base);
/* The base of a stream that is heard of on a link for the first time with this number. */
uint32_t speech_base(const struct link *link, const struct room *room, uint32_t highest);
bool speech_catches_up(const struct node *node, const struct link *link, const struct room *room);
/* Says a text in somebody's name; returns of how many records it is, 0: it was not said. */
uint32_t speech_say(struct node *node, struct node_guest *own, struct span text, unsigned flags);
/* Says anew, under the id that he has now, what he said in the last second under another, before `end`. */
void speech_again(struct node *node, struct node_guest *own, uint64_t id, uint32_t end);
void speech_moved(struct node *node, struct stream *stream);
/* A link is usable again: what we said while none was is put there, before what is said from now on. */
void speech_put_unheard(struct node *node, struct link *link);
void speech_forget(struct node *node);
void speech_store(struct node *node, struct stream *stream, struct record *record, uint64_t links, bool old);

/* show.c */
void show_advance(struct node *node, struct stream *stream); /* shows what can be shown */
void show_all(struct node *node);                            /* shows what was heard while we joined */
void show_joined(struct node *node, const struct link *link, struct room *room, bool answered);
void show_judge_claim(struct node *node, struct stream *stream);
void show_tick(struct node *node);
/* In a list in order of stamp: the last part of the text that begins there, or NULL if a part is missing. */
const struct held *show_last_part(const struct held *first);
void show_history(struct node *node, const struct held *records, enum node_history history);

/* history.c */
void history_start(struct node *node, uint64_t stored);
/* Takes a record that is history if it is wanted. */
bool history_take(struct node *node, const struct wire_record *record, const struct link *link, bool old);
void history_asked(const struct arrival *arrival, const struct wire_ask *ask, bool insists);
void history_tick(struct node *node);
uint64_t history_deadline(const struct node *node);
void history_forget(struct node *node);

/* repair.c */
void repair_watch(struct node *node, struct stream *stream);   /* a stream moved, or learned of a gap */
void repair_release(struct node *node, struct stream *stream); /* it asks for nothing any more */
void repair_heard_request(struct node *node, struct wire_list asks, uint64_t origin);
void repair_progress(struct node *node, struct stream *stream);
void repair_restart(struct node *node, struct stream *stream);
void repair_tick(struct node *node);
uint64_t repair_spread(struct node *node, const struct link *link);
void on_gone(const struct arrival *arrival, const struct wire_record *record);

/* answer.c */
void answer_asks(const struct arrival *arrival, const struct wire_record *request);
/* A record was heard on a link: whoever lacked it there has it. */
void answer_heard(struct node *node, const struct stream *stream, uint32_t number, const struct link *link);
/* Puts a stored record on a link at a time, if it has not been heard there by then. */
bool answer_schedule(struct node *node, const struct repair_due *due);
void answer_tick(struct node *node);

/* pace.c */
void pace_init(struct node *node, struct link *link);
void pace_put(struct node *node, struct link *link, const struct record *record);
void pace_confirmed(struct node *node, struct peer *peer, uint64_t origin, uint32_t highest);
/* A run of what we put there was asked for. */
void pace_lost(struct node *node, struct link *link, size_t octets);
bool pace_open(const struct node *node, const struct link *link);
/* Tells those who are heard, where they are few, what was put last: each by unicast. */
void pace_tell_last(struct node *node, struct link *link);
void pace_tick(struct node *node);
uint64_t pace_deadline(const struct node *node);

/* forward.c */
void forward_record(struct node *node, const struct stream *stream, struct record *record, bool old);
void forward_gone(struct node *node, const struct stream *stream, uint32_t first, uint32_t last);
/* True if a forwarder is heard on the segment. */
bool others_forward(const struct node *node, const struct link *link);
/* Tells of an entry on every link but him by which it came; NULL: on every link. */
void forward_entry(struct node *node, const struct peer *peer, const struct link *from);

/* census.c */
/* True of whom the census waits for, and of who answered it. */
bool census_counts(const struct node *node, const struct peer *peer);
void on_prompt(const struct arrival *arrival, const struct wire_record *record);
void census_answered(struct node *node, struct peer *peer);
void census_tick(struct node *node);
uint64_t census_deadline(const struct node *node);

/* event.c */
/* Queues an event; its text is copied. */
void event_post(struct node *node, const struct node_event *event);
void event_free_all(struct node *node);

#endif
