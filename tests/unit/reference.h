/* The reference datagrams in tests/wire, which were made from lanchat(7) and not by this code. What a file
 * says is written down in reference.c once more, as structs: reading the file gives the structs, and writing
 * the structs gives the file. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <dirent.h>

#include "lanchat/wire.h"

#ifndef WIRE_DIR
#define WIRE_DIR "tests/wire"
#endif

#define JACK  UINT64_C(0x0123456789abcdef)
#define MARIA UINT64_C(0x2f1e0d3c4b5a6978)
#define NEAR  UINT64_C(0x7700000000000001) /* two relays */
#define FAR   UINT64_C(0x7700000000000002)
#define EAR   UINT64_C(0x00c0ffee00c0ffee) /* a listener */

#define LOBBY  UINT64_C(0x1ccae3b6ef72f533)
#define SEALED UINT64_C(0xfeedfacecafebeef) /* a sealed room's tag */
#define SERVER UINT64_C(0x475530474d3ba5a8)
#define VECTOR UINT64_C(0xed82c4336e8a959e)
#define ROSTER UINT64_C(0xc35f961d17dbf8b6)
#define CLOCK  UINT64_C(0x000001a202ce3cbb)
#define TOKEN  UINT64_C(0x5566778899aabbcc)
#define NONCE  UINT64_C(0x1122334455667788)
#define ECHO   UINT64_C(0x99aabbccddeeff00)

struct octets {
    uint8_t *bytes; /* exactly `length`, so that a sanitizer sees who reads on */
    size_t length;
    char title[128]; /* the first line */
};

struct octets octets_copy(const uint8_t *bytes, size_t length);

/* The octets of a file of hex digits and comments; the test fails if it is none. The caller frees the bytes.
 */
struct octets read_file(const char *directory, const char *name);
bool is_hex_file(const struct dirent *entry);

#define RECORDS_MOST    3
#define REFERENCE_COUNT 21
#define TYPE_COUNT      (WIRE_SEALED_PRIVATE + 1)

/* Where the lists of a record are built. */
struct lists {
    struct wire_builder rooms, pairs, exceptions, items;
    uint8_t bytes[64];
};

typedef struct wire_record maker(struct lists *lists);

struct reference {
    const char *file;
    const struct wire_header *header;
    bool newer; /* has parts that we skip and could not write */
    maker *records[RECORDS_MOST];
};

extern const struct reference references[REFERENCE_COUNT];

struct octets read_reference(int index);
struct wire_record make(maker *what, struct lists *lists);

#endif
