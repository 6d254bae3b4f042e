#include "greeting.h"

#include <stdbool.h>
#include <string.h>

#define MARK        "LCHT 1 "
#define MARK_OCTETS (sizeof MARK - 1)
#define NICK_OCTETS (sizeof GREETING_NICK - 1)

void greeting_init(struct greeting *greeting, uint64_t id)
{
    *greeting = (struct greeting){.state = GREETING_WAITS, .id = id};
}

void greeting_preface(uint64_t id, char out[PREFACE_OCTETS])
{
    memcpy(out, MARK, MARK_OCTETS);
    for (size_t at = PREFACE_OCTETS - 2; at >= MARK_OCTETS; at--, id >>= 4)
        out[at] = "0123456789abcdef"[id & 15];
    out[PREFACE_OCTETS - 1] = '\n';
}

static bool is_digit(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

/* Whether an octet may stand at that place of what is waited for. */
static bool fits(const struct greeting *greeting, size_t at, char byte)
{
    if (greeting->state == GREETING_WAITS)
        return byte == GREETING_NICK[at];
    if (at < MARK_OCTETS)
        return byte == MARK[at];
    return at == PREFACE_OCTETS - 1 ? byte == '\n' : is_digit(byte);
}

static void finish(struct greeting *greeting)
{
    char ours[PREFACE_OCTETS];

    greeting->have = 0;
    if (greeting->state == GREETING_WAITS) {
        greeting->state = GREETING_ASKED;
        return;
    }
    greeting_preface(greeting->id, ours);
    greeting->state = memcmp(ours, greeting->bytes, PREFACE_OCTETS) == 0 ? GREETING_OURSELVES : GREETING_DONE;
}

size_t greeting_take(struct greeting *greeting, const uint8_t *bytes, size_t length)
{
    const size_t whole = greeting->state == GREETING_WAITS ? NICK_OCTETS : PREFACE_OCTETS;

    if (greeting->state > GREETING_ASKED)
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (!fits(greeting, greeting->have, (char)bytes[i])) {
            greeting->state = GREETING_OTHER;
            return i;
        }
        greeting->bytes[greeting->have++] = (char)bytes[i];
        if (greeting->have < whole)
            continue;
        finish(greeting);
        return i + 1;
    }
    return length;
}
