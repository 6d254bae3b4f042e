/* The fields of a record one after another, in the order of lanchat(7), for whoever shows all that there is:
 * each by its name in wire.h, and what it means. */
#ifndef LANCHAT_FIELDS_H
#define LANCHAT_FIELDS_H

#include "lanchat/wire.h"

enum field_sense {
    FIELD_NUMBER, /* number: an amount, or a place in an order */
    FIELD_ID,     /* number: an id, tag, digest, token or nonce: it tells things apart and is no amount */
    FIELD_ROOM,   /* number: the tag of the room that the record is about */
    FIELD_CLOCK,  /* number: milliseconds since 1970-01-01 00:00 UTC */
    FIELD_ROLE,   /* number: enum wire_role, as the next four are of theirs; others may be there */
    FIELD_STATE,  /* enum wire_state */
    FIELD_ASK,    /* enum wire_ask_kind */
    FIELD_PATH,   /* enum wire_path */
    FIELD_PATHS,  /* a set of enum wire_path */
    FIELD_NAME,   /* text: a nickname or a room's name; empty: none */
    FIELD_TEXT,   /* text: UTF-8 that is always there */
    FIELD_OCTETS, /* text: any octets */
    FIELD_LIST,   /* list: to be read with field_next_item */
};

struct layout;

struct field_value {
    const char *name;
    enum field_sense sense;
    uint64_t number;
    struct span text; /* borrowed from the datagram, like the list */
    struct wire_list list;
    const struct layout *items; /* of the list */
};

/* What is left of the fields of a record or an item, which is borrowed. */
struct fields {
    const struct layout *layout;
    const void *of;
    size_t at;
};

/* All fields of a decoded record; none if its type is not known. */
struct fields fields_of(const struct wire_record *record);

/* Takes the next field off; false when there is none. */
bool field_next(struct fields *fields, struct field_value *value);

/* Takes the next item off a FIELD_LIST, puts it into `item`, and gives its fields; false when there is none.
 */
bool field_next_item(struct field_value *list, union wire_item *item, struct fields *fields);

/* The name of a record's type, of reserved ones too, or NULL: "message", "parity" and so on. */
const char *field_type_name(uint8_t type);

#endif
