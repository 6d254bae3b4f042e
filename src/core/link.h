/* What the node keeps of a link: what waits to be sent there and on which paths, how far it is in each room,
 * what it asked for and was asked. By the files that make up the engine; link.c has the queues and the
 * datagrams. */
#ifndef LANCHAT_LINK_H
#define LANCHAT_LINK_H

#include "lanchat/node.h"
#include "record.h"

#define NEVER UINT64_MAX

#define NODE_ROOMS_MAX 64

/* How far what is for a whole segment is to reach; whom no path reaches has his own copy. */
enum reach {
    REACH_FEWEST, /* on the fewest paths that reach everybody */
    REACH_HELLO,  /* and on those on which we are to be heard */
    REACH_EVERY,
};

/* A record that waits to be sent on a link. */
struct outgoing {
    struct outgoing *next;
    struct record *record;
    bool old; /* history: goes in a datagram that says so */
    enum reach reach;
    struct node_address to; /* length 0: to the whole segment */
};

/* Lets pass so many octets a second, and no more than a burst at once. */
struct bucket {
    uint64_t from_us; /* what is let through from then on is paid for */
};

/* What is exchanged in pages, in order of id. */
enum pages {
    PAGES_VECTOR,
    PAGES_ROSTER,
    PAGES_KINDS,
};

/* Pages that are asked for one after the other. */
struct sync {
    bool active;
    uint64_t to;    /* who shall answer; 0: anybody */
    uint64_t from;  /* first id of the page that is missing */
    unsigned asked; /* how often */
    uint64_t at_us; /* when to ask again */
    uint64_t until_us;
    uint64_t found; /* vector: records that he who answers stores of what we lack */
};

/* Somebody's digest differs from ours. */
struct heal {
    uint64_t from; /* whose; 0: nobody's */
    uint64_t digest;
    uint64_t changes; /* the node's when that was heard */
    unsigned restless;
    uint64_t at_us, pause_us; /* when to ask for his pages, and how long to wait before */
    uint64_t seek_at_us;      /* not before: a page that anybody may answer with */
    uint64_t seek_pause_us;   /* how long then until the next one */
    uint64_t asked_us;        /* when somebody else was heard to ask for pages */
    uint64_t tell_at_us;      /* not before: our own first page to who is behind */
    uint64_t told_from;       /* the first id of the one of our pages that was told last */
};

/* How far the node is in a room on a link, and what it remembers of digests there. */
struct link_room {
    struct room *room;
    bool joined;
    bool accompanied; /* somebody of the room was heard there, who can be asked */
    struct sync sync[PAGES_KINDS];
    struct heal heal[PAGES_KINDS];
    uint64_t vector_digest, vector_moves; /* vector_moves: of the room, when the digest was taken, + 1 */
    uint64_t horizon_stamp, horizon_id;   /* the vector has nothing below */
    uint64_t roster_digest, roster_moves;
};

/* A page that somebody asked for, or a single entry that somebody should hear of. */
struct page_due {
    bool active;
    bool single;
    bool insists;  /* who asks did so in vain before: it goes out on every path */
    bool gone_too; /* asked of us by id: who is gone is named, too */
    enum pages kind;
    struct room *room;
    uint64_t from;
    struct node_address to; /* of a single one: whom it is about */
    uint64_t at_us;
};

#define PAGES_DUE_MAX 8

/* A place in what was put on a link: whoever has this record has, it is assumed, all that was before it. */
struct mark {
    uint64_t origin;
    uint32_t number;
    uint64_t put; /* octets put on the link up to it */
    uint64_t at_us;
    uint64_t lacked_us; /* when somebody said last that he lacks it */
    uint64_t prompts;
};

#define MARKS_MAX 16

struct pace {
    uint64_t put, confirmed; /* octets of records put on the link; of these its listeners have */
    uint64_t window;
    bool cut;                           /* something was lost: the window grows slowly */
    struct mark marks[MARKS_MAX], last; /* last: for what was put last */
    size_t mark_count;
    uint64_t prompt_at_us; /* when to prompt for the first mark; NEVER: there is none */
    uint64_t cut_at_us;
    uint64_t second_us, second_put, rate; /* the rate of the last second, in octets */
    uint64_t told;                        /* octets put when few were told one by one what was last */
};

/* On which paths a link's datagrams go out, and when that was chosen. */
struct choice {
    uint64_t moves, roster_moves;
    uint8_t fewest, hellos; /* sets of paths */
};

#define GONE_SAID_MAX 32

/* What was said to be gone; who asks for some of it hears that, too. */
struct gone_said {
    uint64_t origin;
    uint32_t first, last;
    bool every; /* on every path */
    uint64_t at_us;
};

struct link {
    int index;
    enum node_link_kind kind;
    struct node_path paths[WIRE_PATHS];
    uint64_t repaired;
    uint64_t own_heard_us[NODE_LINKS_MAX]; /* when our own hello of that link was heard here; 0: never */
    uint64_t segment;                      /* links that are the same LAN, as a set */
    uint64_t heard_us;                     /* when somebody else was heard last */

    struct choice choice;

    struct outgoing *queue, *queue_tail;
    size_t queued_octets;
    bool full;        /* a connection that takes nothing now, */
    uint64_t full_us; /* since when */
    bool dropped;     /* since then something for it was */

    uint64_t hello_at_us;   /* the regular one */
    uint64_t quick_at_us;   /* the next quick one; NEVER: none */
    uint64_t quick_step_us; /* pause after it */
    bool spoke;             /* something was put there since the last hello on every path; */
    unsigned regulars;      /* and so many regular ones went since */
    unsigned alone;         /* regular ones while nobody was heard there, ever */
    uint64_t hello_change;  /* streams that moved since are named in the next hello */
    size_t hello_room;      /* a forwarder's rooms are named in turn: the next one */

    struct bucket young, old; /* of answers */
    struct pace pace;
    uint64_t forward_at_us; /* what is forwarded there goes then; 0: nothing waits */

    struct link_room *rooms[NODE_ROOMS_MAX]; /* as node->rooms */
    struct page_due pages[PAGES_DUE_MAX];
    uint64_t pages_allowed_at_us, answers_allowed_at_us; /* when the next one is */
    struct bucket gone;
    struct gone_said gone_said[GONE_SAID_MAX]; /* in turn: */
    size_t gone_turn;
};

#endif
