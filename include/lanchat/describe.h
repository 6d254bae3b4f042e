/* What datagrams read like, for whoever watches a network: `jack: hi; hello from jack, 2 here`. Nobody's
 * words are lost by it and nothing but printable text comes out, whatever the datagram is. */
#ifndef LANCHAT_DESCRIBE_H
#define LANCHAT_DESCRIBE_H

#include "lanchat/wire.h"

/* What a watcher has learned from what it saw: who has which nickname, role and room, and who is here; and
 * the names of rooms. It does not grow beyond KNOWN_IDS_MAX ids and KNOWN_ROOMS_MAX rooms: what was entered
 * first makes room. */
struct known;

#define KNOWN_IDS_MAX   4096
#define KNOWN_ROOMS_MAX 256

/* NULL when there is no memory. */
struct known *known_new(void);
void known_free(struct known *known);

/* Learns from a record, of a datagram put on its link by `sender`. */
void known_learn(struct known *known, uint64_t sender, const struct wire_record *record);

/* The nickname of an id and the name of a room, empty if they are not known; good until the next known_learn.
 */
struct span known_nick(const struct known *known, uint64_t id);
struct span known_room(const struct known *known, uint64_t tag);

/* How many people (roles 0 and 4) are here where `id` is: in its room, or in all if it is a forwarder. */
unsigned known_people(const struct known *known, uint64_t id);

/* Long enough for every datagram of WIRE_DATAGRAM_MAX octets; both texts are terminated. */
#define DESCRIBE_TYPES_MAX 4096
#define DESCRIBE_TEXT_MAX  8192

struct description {
    char types[DESCRIBE_TYPES_MAX]; /* "message+probe-answer"; "malformed"; "-": no records */
    char text[DESCRIBE_TEXT_MAX];
};

/* Describes `length` octets as they came from recv(2), and learns from them. Malformed ones are described as
 * such, with the offset and the reason, and nothing is learned. */
void describe_datagram(struct known *known, const uint8_t *bytes, size_t length, struct description *out);

/* Takes one character off `rest`, which is not empty, and writes how it stands in a description: itself, or
 * if a terminal must not be shown it `\n` for a newline and `\xNN` for each octet of others, invalid ones
 * included. Returns the octets written. */
#define DESCRIBE_SHOW_MAX 16
size_t describe_show(struct span *rest, char out[DESCRIBE_SHOW_MAX]);

#endif
