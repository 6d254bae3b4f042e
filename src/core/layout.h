/* How each record and each item of a list is laid out: the tables that encoding and decoding are driven by.
 */
#ifndef LANCHAT_LAYOUT_H
#define LANCHAT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/fields.h"

/* What a field is on the wire. */
enum kind {
    NUMBER,       /* `size` octets */
    NONCE,        /* WIRE_NONCE_SIZE octets, borrowed */
    NICK,         /* length octet, then a nickname */
    NICK_OR_NONE, /* likewise, may be empty */
    ROOM_OR_NONE, /* length octet, then a room's name; may be empty */
    TEXT,         /* 16-bit length, then UTF-8 */
    SEALED,       /* 16-bit length, then octets */
    LIST,         /* count octet, then items */
};

struct field {
    const char *name;
    enum kind kind;
    size_t offset;          /* in the struct */
    size_t size;            /* of a NUMBER, in octets */
    enum field_sense sense; /* likewise: what it means */
    const struct layout *items;
    bool optional; /* may be missing at the end of a sized item; then it is 0 */
};

struct layout {
    const char *name;
    const struct field *fields;
    size_t count;
    bool sized; /* an item that begins with an octet that counts what follows */
};

/* The layout of a record's body, or NULL if its type is not known. */
const struct layout *layout_of(uint8_t type);

/* The value of a NUMBER, which is at `member` of its struct. */
uint64_t layout_number(const struct field *field, const void *member);

/* Takes the first item off a list of items that are laid out so; false when there is none. */
bool layout_next_item(struct wire_list *list, const struct layout *layout, void *item);

extern const struct layout room_layout, pair_layout, exception_layout, entry_layout, ask_layout,
    vector_layout, known_layout;

#endif
