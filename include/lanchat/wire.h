/* The wire, version 1: datagrams and records to structs and back. lanchat(7) is the normative description;
 * each struct below has the fields of its record there, in their order. Numbers are in host order here,
 * big-endian there.
 *
 * Decoding borrows: spans and lists point into the datagram. Encoding and decoding are driven by the same
 * tables (wire.c), so that they cannot disagree. */
#ifndef LANCHAT_WIRE_H
#define LANCHAT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/text.h"

#define WIRE_MAGIC        0x4c434854u /* "LCHT" */
#define WIRE_VERSION      1
#define WIRE_HEADER_SIZE  24
#define WIRE_RECORD_HEAD  4
#define WIRE_DATAGRAM_MAX 1200 /* octets, so that nothing is fragmented (RFC 8085, 3.2) */
#define WIRE_NONCE_SIZE   24   /* XChaCha20-Poly1305 */
#define WIRE_LIST_MAX     255

/* Where a datagram went: the low three bits of the header's path field. A set of them is the octet "hears".
 */
enum wire_path {
    WIRE_PATH_GROUP4,
    WIRE_PATH_GROUP6,
    WIRE_PATH_BROADCAST,
    WIRE_PATH_NODES6,
    WIRE_PATH_UNICAST,
    WIRE_PATH_LINK,
};
#define WIRE_PATHS     6
#define WIRE_PATH_KIND 0x7

enum wire_header_flag {
    WIRE_OLD = 0x01, /* all its records are older than 10 s with their sender, or came to it so */
};

struct wire_header {
    uint8_t version;
    uint8_t flags;
    uint8_t hops;     /* hop limit, of routed records */
    uint64_t sender;  /* the node that put the datagram on this link */
    uint32_t counter; /* datagrams that it has put on this path, this one included; 0: not counted */
    uint16_t path;    /* the sender's number for the path; WIRE_PATH_KIND of it is what it is */
};

enum wire_type {
    WIRE_MESSAGE = 1,
    WIRE_SEALED_MESSAGE,
    WIRE_HELLO,
    WIRE_ROSTER,
    WIRE_REQUEST,
    WIRE_SUMMARY,
    WIRE_GONE,
    WIRE_BYE,
    WIRE_PROMPT,
    WIRE_PRIVATE,
    WIRE_ACKNOWLEDGEMENT,
    WIRE_PROBE,
    WIRE_PROBE_ANSWER,
    WIRE_SEALED_PRESENCE,
    WIRE_SEALED_PRIVATE,
    WIRE_PARITY, /* reserved: skipped like an unknown type */
};

enum wire_message_flag {
    WIRE_ACTION = 0x01,
    WIRE_FROM_TEXT = 0x02,
    WIRE_CONTINUATION = 0x04, /* all parts of a text but the first */
    WIRE_CONTINUED = 0x08,    /* all parts of a text but the last */
};

enum wire_hello_flag {
    WIRE_JOINING = 0x01, /* has no base yet: answers nobody */
};

enum wire_roster_flag {
    WIRE_PAGE = 0x01, /* the entries are all that the sender knows from first to last */
};

enum wire_request_flag {
    WIRE_INSISTS = 0x01, /* it was asked in vain before: answers go out on every path */
};

enum wire_gone_flag {
    WIRE_BEFORE = 0x01, /* they were said before the sender followed the stream */
};

enum wire_prompt_flag {
    WIRE_LACKING = 0x01, /* only who lacks the number need answer */
};

enum wire_role {
    WIRE_PERSON,
    WIRE_LISTENER,
    WIRE_RELAY,
    WIRE_HUB,
    WIRE_TEXT, /* a person behind a plain-text link */
    WIRE_TOOL,
    WIRE_SERVER, /* nobody: a relay's way to a text server, or its wish for one */
};

enum wire_state {
    WIRE_HERE,
    WIRE_AWAY,      /* gone */
    WIRE_WITHDRAWN, /* was passed on from a link that has been down */
};

enum wire_ask_kind {
    WIRE_ASK_NUMBERS = 1, /* key: origin; from: first number; count: how many */
    WIRE_ASK_LAST,        /* key: room; from: a stamp, exclusive; count: how many messages before it */
    WIRE_ASK_VECTOR,      /* key: room; from: the first id of the page */
    WIRE_ASK_ROSTER,      /* key: room; from: the first id of the page */
};

/* Encoded items, one after another. Reading takes them off (wire_next_*); a wire_builder makes them. */
struct wire_list {
    const uint8_t *bytes;
    size_t length;
    size_t count;
};

struct wire_room { /* of a hello */
    uint64_t tag;
    uint64_t vector_digest;
    uint64_t roster_digest;
    struct span name;
};

struct wire_pair { /* of a hello */
    uint64_t origin;
    uint32_t highest; /* all up to here was shown, stored or given up */
    uint32_t lost;    /* how many of them were given up */
};

struct wire_exception { /* of a hello */
    uint64_t id;
    uint8_t paths;
};

struct wire_entry { /* of a roster */
    uint64_t id;
    uint32_t version;
    uint32_t highest;
    uint8_t state;
    uint8_t role;
    struct span nick;  /* empty: none */
    uint64_t server;   /* of a relay: hash of its text server's URL, 0: none */
    uint8_t server_up; /* 1: that link is up */
};

struct wire_ask { /* of a request */
    uint8_t kind;
    uint64_t key;
    uint64_t from;
    uint32_t count;
    uint64_t id; /* WIRE_ASK_LAST: of two records with the stamp `from`, those of lower origins come before */
};

struct wire_vector { /* of a summary */
    uint64_t origin;
    uint32_t highest;
    uint64_t stamp;  /* of that number */
    uint32_t lowest; /* lowest number that the sender stores, 0: none */
};

struct wire_known { /* of a prompt */
    uint64_t id;
};

/* Any of these, of one list. */
union wire_item {
    struct wire_room room;
    struct wire_pair pair;
    struct wire_exception exception;
    struct wire_entry entry;
    struct wire_ask ask;
    struct wire_vector vector;
    struct wire_known known;
};

struct wire_message {
    uint64_t origin;
    uint32_t number;
    uint64_t stamp;
    uint64_t clock_ms; /* the speaker's wall clock: milliseconds since 1970-01-01 00:00 UTC */
    uint64_t room;
    struct span nick, text;
};

struct wire_sealed_message {
    uint64_t origin;
    uint32_t number;
    uint64_t stamp;
    uint64_t room;
    const uint8_t *nonce; /* WIRE_NONCE_SIZE octets */
    struct span sealed;
};

struct wire_hello {
    uint64_t stamp;
    uint32_t version;
    uint32_t highest;     /* the sender's own last number */
    uint32_t interval_ms; /* its next hello comes by then */
    uint64_t nonce, echo;
    uint8_t role;
    uint8_t hears; /* set of enum wire_path */
    struct span nick;
    struct wire_list rooms, pairs, exceptions;
};

struct wire_roster {
    uint64_t room, digest;
    uint64_t stamp; /* the sender's Lamport clock */
    uint64_t first, last;
    struct wire_list entries;
};

struct wire_request {
    uint64_t to; /* who shall answer; 0: anybody */
    struct wire_list asks;
};

struct wire_summary {
    uint64_t room, digest, stamp, first, last;
    struct wire_list vectors;
};

struct wire_gone {
    uint64_t room, origin;
    uint32_t first, last;
};

struct wire_bye {
    uint64_t room;
    uint32_t version, highest;
};

struct wire_prompt {
    uint64_t room;        /* 0: every room */
    uint64_t first, last; /* the ids that are prompted */
    uint64_t origin;      /* the pair to name first */
    uint32_t number;
    uint64_t nonce, echo;
    struct wire_list known; /* ids that need not answer (RFC 6762, 7.1) */
};

struct wire_private {
    uint64_t from, to, token;
    uint8_t part, parts; /* of a longer text: 1 to parts */
    uint64_t clock_ms, room;
    struct span nick, text;
};

struct wire_acknowledgement {
    uint64_t from, to, token;
    uint8_t part;
};

struct wire_probe {
    uint64_t from, to, token, time_us, nonce, echo;
};

struct wire_probe_answer {
    uint64_t from, to, token, time_us, nonce, echo;
    uint8_t path, hops; /* as the probe was heard */
};

struct wire_sealed_presence {
    uint64_t sender, room;
    uint32_t version;
    uint64_t stamp;
    uint8_t state;
    const uint8_t *nonce;
    struct span sealed;
};

struct wire_sealed_private {
    uint64_t from, to, token;
    uint8_t part, parts;
    uint64_t room;
    const uint8_t *nonce;
    struct span sealed;
};

struct wire_record {
    uint8_t type;
    uint8_t flags;
    struct wire_list raw; /* decoded: the whole record as it stands in the datagram; ignored by the encoder */
    union {
        struct wire_message message;
        struct wire_sealed_message sealed_message;
        struct wire_hello hello;
        struct wire_roster roster;
        struct wire_request request;
        struct wire_summary summary;
        struct wire_gone gone;
        struct wire_bye bye;
        struct wire_prompt prompt;
        struct wire_private private;
        struct wire_acknowledgement acknowledgement;
        struct wire_probe probe;
        struct wire_probe_answer probe_answer;
        struct wire_sealed_presence sealed_presence;
        struct wire_sealed_private sealed_private;
    };
};

/* Why a datagram was refused, and where. All strings are constant; record and field may be NULL. */
struct wire_error {
    const char *reason;
    const char *record, *field;
    size_t offset; /* octets from the start of the datagram */
};

/* A datagram being read. */
struct wire_datagram {
    struct wire_header header;
    struct wire_error error;
    const uint8_t *bytes;
    size_t length, at;
    bool checked; /* all of it, by wire_open */
};

/* Begins to read `length` octets as they came from recv(2). Everything is checked here, before anything can
 * act on a part: returns false, with datagram->error set, unless the whole datagram is well-formed. The bytes
 * stay the caller's and must outlive the records read. */
bool wire_open(struct wire_datagram *datagram, const uint8_t *bytes, size_t length);

/* The next record whose type is known; others are skipped. False at the end. */
bool wire_next(struct wire_datagram *datagram, struct wire_record *record);

/* Likewise, but none is skipped: of one whose type is not known only type, flags and raw are set. */
bool wire_next_any(struct wire_datagram *datagram, struct wire_record *record);

/* Writes a record or a header of WIRE_HEADER_SIZE to `out`, of `size` octets. Returns the octets written; 0:
 * it does not fit, or a field is out of its bounds. */
size_t wire_encode(const struct wire_record *record, uint8_t *out, size_t size);
size_t wire_encode_header(const struct wire_header *header, uint8_t *out, size_t size);

/* The name of a record's type, or NULL: "message", "hello" and so on. */
const char *wire_type_name(uint8_t type);

/* The words for a role and for a path, as users see them, or NULL for a number that is none. */
const char *wire_role_name(uint64_t role);
const char *wire_path_name(uint64_t path);

/* The tag of a room that is not sealed: FNV-1a of its name. */
uint64_t wire_room_tag(struct span name);

/* Lists are made in a builder of at most `limit` octets. The list of a builder borrows from it. */
struct wire_builder {
    size_t limit, length, count;
    uint8_t bytes[WIRE_DATAGRAM_MAX];
};

void wire_builder_init(struct wire_builder *builder, size_t limit);
struct wire_list wire_built(const struct wire_builder *builder);

/* Adds an item; false if it does not fit. */
bool wire_add_room(struct wire_builder *builder, const struct wire_room *room);
bool wire_add_pair(struct wire_builder *builder, const struct wire_pair *pair);
bool wire_add_exception(struct wire_builder *builder, const struct wire_exception *exception);
bool wire_add_entry(struct wire_builder *builder, const struct wire_entry *entry);
bool wire_add_ask(struct wire_builder *builder, const struct wire_ask *ask);
bool wire_add_vector(struct wire_builder *builder, const struct wire_vector *vector);
bool wire_add_known(struct wire_builder *builder, const struct wire_known *known);

/* Takes the first item off a list; false when there is none. */
bool wire_next_room(struct wire_list *list, struct wire_room *room);
bool wire_next_pair(struct wire_list *list, struct wire_pair *pair);
bool wire_next_exception(struct wire_list *list, struct wire_exception *exception);
bool wire_next_entry(struct wire_list *list, struct wire_entry *entry);
bool wire_next_ask(struct wire_list *list, struct wire_ask *ask);
bool wire_next_vector(struct wire_list *list, struct wire_vector *vector);
bool wire_next_known(struct wire_list *list, struct wire_known *known);

#endif
