/* The fields of each record, as dump --json shows them: by name, none left out, none of another. */
#include "lanchat/fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "suite.h"

static char shown[4096];
static size_t length;

__attribute__((format(printf, 1, 2))) static void show(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    length += (size_t)vsnprintf(shown + length, sizeof shown - length, format, arguments);
    va_end(arguments);
    ck_assert_uint_lt(length, sizeof shown);
}

static const char *const senses[] = {
    [FIELD_ID] = "id",       [FIELD_ROOM] = "room", [FIELD_CLOCK] = "clock", [FIELD_ROLE] = "role",
    [FIELD_STATE] = "state", [FIELD_ASK] = "ask",   [FIELD_PATH] = "path",   [FIELD_PATHS] = "paths",
};

static void show_fields(struct fields fields);

static void show_list(struct field_value list)
{
    union wire_item item;
    struct fields fields;

    show("%s[", list.name);
    while (field_next_item(&list, &item, &fields)) {
        show_fields(fields);
        show("|");
    }
    show("] ");
}

static void show_fields(struct fields fields)
{
    struct field_value value;

    while (field_next(&fields, &value))
        switch (value.sense) {
        case FIELD_LIST:
            show_list(value);
            break;
        case FIELD_NAME:
        case FIELD_TEXT:
            show("%s='%.*s' ", value.name, (int)value.text.length, value.text.bytes);
            break;
        case FIELD_OCTETS:
            show("%s:%zu ", value.name, value.text.length);
            break;
        case FIELD_NUMBER:
            show("%s=%" PRIu64 " ", value.name, value.number);
            break;
        default:
            show("%s=%" PRIx64 "(%s) ", value.name, value.number, senses[value.sense]);
        }
}

static const struct {
    const char *file, *fields;
} expected[] = {
    {"message.hex",         "origin=123456789abcdef(id) number=17 stamp=44 clock_ms=1a202ce3cbb(clock) "
                    "room=1ccae3b6ef72f533(room) nick='jack' text='What's up!?' "           },
    {"sealed-message.hex",  "origin=123456789abcdef(id) number=17 stamp=44 room=feedfacecafebeef(room) "
                           "nonce:24 sealed:42 "                                     },
    {"hello.hex",           "stamp=45 version=1 highest=17 interval_ms=5000 nonce=1122334455667788(id) "
                  "echo=99aabbccddeeff00(id) role=0(role) hears=3(paths) nick='jack' "
                  "rooms[tag=1ccae3b6ef72f533(id) vector_digest=ed82c4336e8a959e(id) "
                  "roster_digest=c35f961d17dbf8b6(id) name='lobby' |] "
                  "pairs[origin=123456789abcdef(id) highest=17 lost=0 |origin=2f1e0d3c4b5a6978(id) "
                  "highest=3 lost=1 |] exceptions[id=7700000000000001(id) paths=14(paths) |] "},
    {"request.hex",         "to=2f1e0d3c4b5a6978(id) asks[kind=1(ask) key=123456789abcdef(id) from=7 count=3 "
                    "id=0(id) |kind=2(ask) key=1ccae3b6ef72f533(id) from=44 count=50 "
                    "id=2f1e0d3c4b5a6978(id) |kind=3(ask) key=1ccae3b6ef72f533(id) from=0(id) count=0 "
                    "id=0(id) |kind=4(ask) key=1ccae3b6ef72f533(id) from=123456789abcdf0(id) count=0 "
                    "id=0(id) |] "                                                          },
    {"prompt.hex",          "room=1ccae3b6ef72f533(room) first=0(id) last=7fffffffffffffff(id) "
                   "origin=123456789abcdef(id) number=17 nonce=1122334455667788(id) echo=0(id) "
                   "known[id=c0ffee00c0ffee(id) |id=2f1e0d3c4b5a6978(id) |] "                },
    {"gone.hex",            "room=1ccae3b6ef72f533(room) origin=2f1e0d3c4b5a6978(id) first=1 last=2 "          },
    {"sealed-presence.hex", "sender=123456789abcdef(id) room=feedfacecafebeef(room) version=1 stamp=45 "
                            "state=0(state) nonce:24 sealed:48 "                    },
    {"probe-answer.hex",    "from=123456789abcdef(id) to=2f1e0d3c4b5a6978(id) token=5566778899aabbcc(id) "
                         "time_us=123456789 nonce=1122334455667788(id) echo=99aabbccddeeff00(id) "
                         "path=4(path) hops=3 "                                        },
};

START_TEST(each_field_is_there)
{
    struct octets octets = read_file(WIRE_DIR, expected[_i].file);
    struct wire_datagram datagram;
    struct wire_record record;

    length = 0;
    ck_assert(wire_open(&datagram, octets.bytes, octets.length));
    while (wire_next_any(&datagram, &record))
        show_fields(fields_of(&record));
    ck_assert_str_eq(shown, expected[_i].fields);
    free(octets.bytes);
}
END_TEST

START_TEST(an_unknown_record_has_none)
{
    const struct wire_record record = {.type = 99};
    struct fields fields = fields_of(&record);
    struct field_value value;

    ck_assert(!field_next(&fields, &value));
    ck_assert_ptr_null(field_type_name(99));
    ck_assert_str_eq(field_type_name(WIRE_PARITY), "parity");
    ck_assert_str_eq(field_type_name(WIRE_BYE), "bye");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fields");

    tcase_add_loop_test(tests, each_field_is_there, 0, sizeof expected / sizeof *expected);
    tcase_add_test(tests, an_unknown_record_has_none);
    return suite_run(tests, "fields");
}
