/* The roster: every node that is known, of every room, and whether it is here (SWIM, Das et al. 2002: at one
 * version gone beats here). At most ROSTER_MAX entries that are not our own; who is gone is remembered for a
 * while, so that old news cannot bring him back. */
#ifndef LANCHAT_ROSTER_H
#define LANCHAT_ROSTER_H

#include "idmap.h"
#include "lanchat/node.h"

#define ROSTER_MAX 4096

/* What an entry adds to the sums that are kept of all. */
struct share {
    uint64_t room, links;
    uint32_t version;
    bool in_digest, heard;
    uint64_t hash; /* to the digest */
};

/* The last datagram of a peer that came on a path, by its header. */
struct counted {
    uint32_t counter; /* 0: none */
    uint16_t path;
    uint8_t link; /* of ours */
};

#define SHARED_PATHS (WIRE_PATH_UNICAST + 1) /* of a segment; unicast, where that leads to one node */

/* What a peer says that it hears on a segment, and how it is heard there. */
struct hearing {
    uint64_t at_us;               /* of its last hello; 0: there is none */
    uint64_t hello;               /* hash of that */
    int link;                     /* ours, of that segment */
    bool told;                    /* by a hello: covers is known */
    uint8_t asked;                /* prompts for an echo since then */
    uint8_t covers;               /* paths on which it hears us */
    uint8_t seen;                 /* paths on which its last hello came */
    uint8_t missed[SHARED_PATHS]; /* hellos running that did not come on a path, up to a few */
};

#define HEARINGS 2 /* segments that are shared with one peer; of more, what it hears is not known */

struct peer {
    uint64_t id, room;
    uint32_t version;
    uint32_t highest; /* highest number known of it */
    uint8_t role, state;
    bool joined;             /* its join was told */
    struct node_guest *ours; /* in whose name we speak; NULL: it is another node's */
    bool carries;            /* a forwarder that passes on our own room */
    char nick[TEXT_NICK_MAX + 1];
    uint8_t nick_length;

    uint64_t links;        /* where it was heard or named, as a set */
    uint64_t heard_links;  /* where it was heard itself */
    int way;               /* the link by which it is known, -1: that is gone */
    uint64_t via;          /* the node that named it there; its own id if it was heard itself */
    uint64_t contested_us; /* when we said last that our way to it stands */
    bool doubted;          /* its way is said to have gone: believed when it expires */
    uint64_t heard_us;     /* 0: never heard itself */
    uint64_t expires_us;   /* gone: forgotten then; here: suspected then */
    unsigned suspicions;   /* prompts sent since */
    int link;              /* where and how it was heard last */
    enum wire_path path;
    struct node_address address;
    struct counted counted_on[WIRE_PATH_UNICAST]; /* by kind of path */
    struct hearing hearings[HEARINGS];

    uint32_t confirmed, lost; /* what it said of our own stream */
    bool counted;             /* answered the census */
    uint64_t paced;           /* how much of what we put on a link it has, in octets put, */
    int paced_link;           /* and which link; -1: none */
    bool slow;                /* did not say so for too long: not waited for */

    struct share summed;   /* as which it is in the sums */
    struct peer **alike;   /* the list of those whose nicknames have the same hash; NULL: it has none */
    struct peer *namesake; /* the next one in it */
};

struct room_name {
    uint64_t tag;
    char name[TEXT_ROOM_MAX + 1];
};

#define ROSTER_ROOMS_MAX 64

/* The sums of those on a set of links, kept while entries change one by one. */
struct roster_view {
    uint64_t room, links;
    uint64_t digest; /* of those of the room */
    size_t heard;    /* of all rooms */
};

#define ROSTER_VIEWS     8
#define ROSTER_NICKNAMES 512

struct roster {
    struct idmap peers;
    size_t own; /* of these, that stand for ourselves: how many that may be others do not decide */
    uint64_t next_expiry_us; /* no entry expires before */
    uint64_t moves;          /* counts every change that a digest or a count depends on */
    struct roster_view views[ROSTER_VIEWS];
    size_t view_count; /* how many were made: the oldest make room */
    struct peer *nicknames[ROSTER_NICKNAMES];
    struct room_name rooms[ROSTER_ROOMS_MAX];
    size_t room_count;
};

void roster_init(struct roster *roster);
void roster_free(struct roster *roster);

struct peer *roster_get(const struct roster *roster, uint64_t id);

/* A new entry, zeroed but for its id; NULL when the roster is full of who is here, or there is no memory. */
struct peer *roster_add(struct roster *roster, uint64_t id);

void roster_remove(struct roster *roster, uint64_t id);

/* Gives an entry another id, which is not in the roster. */
void roster_renumber(struct roster *roster, struct peer *peer, uint64_t id);

/* Gives an entry its nickname, which may be empty. */
void roster_rename(struct roster *roster, struct peer *peer, struct span nick);

/* Likewise others with the nickname of an entry. */
const struct peer *roster_namesake(const struct peer *peer, const struct peer *after);

static inline struct span peer_nick(const struct peer *peer)
{
    return (struct span){peer->nick, peer->nick_length};
}

/* The entries with this nickname: the first one, or that after another; NULL when there are no more. */
struct peer *roster_named(const struct roster *roster, struct span nick, const struct peer *after);

/* An entry may have changed: the sums follow. */
void roster_moved(struct roster *roster, struct peer *peer);

/* Many have, or what a set of links is: the sums are taken anew. */
void roster_all_moved(struct roster *roster);

/* True if `version` and `state` are news against what the entry says. */
bool roster_is_news(const struct peer *peer, uint32_t version, uint8_t state);

/* Sets when an entry expires. */
void roster_expire_at(struct roster *roster, struct peer *peer, uint64_t at_us);

/* An entry of a room, heard on one of these links, and here. */
bool roster_is_here(const struct peer *peer, uint64_t room, uint64_t links);

/* The digest of those, without forwarders, which are in every room. And the same from the sums. */
uint64_t roster_digest(const struct roster *roster, uint64_t room, uint64_t links);
uint64_t roster_digest_kept(struct roster *roster, uint64_t room, uint64_t links);

/* How many of all rooms were heard themselves on these links. */
size_t roster_heard(struct roster *roster, uint64_t links);

/* The index-th entry in order of id. */
static inline struct peer *roster_at(const struct roster *roster, size_t index)
{
    return roster->peers.slots[index].value;
}

/* The names of rooms: remembers one, and finds it. */
void roster_name_room(struct roster *roster, uint64_t tag, struct span name);
struct span roster_room_name(const struct roster *roster, uint64_t tag);

#endif
