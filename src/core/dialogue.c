/* Each state takes what it can off what is held. What cannot be told yet waits for more, for a pause or for
 * a break; whatever is held then is read as it is. */
#include "dialogue.h"

#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "lanchat/text.h"
#include "lanchat/wire.h"

#define GREETING       "NICK"
#define MARK           "LCHT 1 "
#define GREETING_SIZE  (sizeof GREETING - 1)
#define MARK_SIZE      (sizeof MARK - 1)
#define PREFACE_SIZE   (MARK_SIZE + 16) /* without its newline */
#define COUNT_SIZE     2                /* before a datagram */
#define FRAME_LEAST    (COUNT_SIZE + 5) /* of a frame, to know it: count, magic, version */
#define UNKNOWN_MAX    4096             /* octets of a connection that may not be ours */
#define PAUSE_US       UINT64_C(300000)
#define BEGIN_PAUSE_US UINT64_C(5000000)

enum state {
    OPENING, /* a greeting, if this end may greet; else: */
    ANSWER,  /* a preface; else plain text */
    FRAMES,
    SEARCH, /* for frames, after a gap between them */
    MIDDLE, /* for frames, or plain text */
    TEXT,
};

enum step { WAIT, AGAIN, GIVEN };

void dialogue_init(struct dialogue *dialogue, bool greets, bool late, bool ours)
{
    *dialogue = (struct dialogue){.state = OPENING, .greets = greets, .late = late, .ours = ours};
}

void dialogue_free(struct dialogue *dialogue)
{
    free(dialogue->bytes);
    dialogue->bytes = NULL;
    dialogue->length = dialogue->taken = dialogue->capacity = 0;
}

/* What is held begins with its first octet again. */
static void compact(struct dialogue *dialogue)
{
    if (dialogue->taken == dialogue->length) {
        dialogue_free(dialogue);
        return;
    }
    if (dialogue->taken == 0)
        return;
    if (dialogue->taken >= dialogue->mark)
        dialogue->since_us = dialogue->last_us;
    dialogue->length -= dialogue->taken;
    memmove(dialogue->bytes, dialogue->bytes + dialogue->taken, dialogue->length);
    dialogue->taken = 0;
}

bool dialogue_feed(struct dialogue *dialogue, const uint8_t *bytes, size_t length, uint64_t time_us)
{
    compact(dialogue);
    if (dialogue->capacity - dialogue->length < length) {
        size_t capacity = dialogue->length + length;
        uint8_t *grown = realloc(dialogue->bytes, capacity);
        if (!grown)
            return false;
        dialogue->bytes = grown;
        dialogue->capacity = capacity;
    }
    if (length > 0)
        memcpy(dialogue->bytes + dialogue->length, bytes, length);
    dialogue->mark = dialogue->length;
    dialogue->length += length;
    dialogue->last_us = time_us;
    if (dialogue->mark == 0)
        dialogue->since_us = time_us;
    dialogue->paused = false;
    return true;
}

void dialogue_break(struct dialogue *dialogue)
{
    dialogue->broken = true;
}

void dialogue_pause(struct dialogue *dialogue)
{
    dialogue->paused = true;
}

uint64_t dialogue_deadline(const struct dialogue *dialogue)
{
    bool waits = dialogue->length > dialogue->taken && dialogue->ours && !dialogue->paused;

    if (!waits || dialogue->state == FRAMES || dialogue->state == SEARCH)
        return UINT64_MAX;
    return dialogue->last_us + (dialogue->state <= ANSWER ? BEGIN_PAUSE_US : PAUSE_US);
}

static struct reader held(const struct dialogue *dialogue)
{
    return (struct reader){.at = dialogue->bytes + dialogue->taken,
                           .end = dialogue->bytes + dialogue->length};
}

static size_t held_length(const struct dialogue *dialogue)
{
    return dialogue->length - dialogue->taken;
}

/* Whether what is held has to do as it is. */
static bool is_all(const struct dialogue *dialogue)
{
    return dialogue->broken || dialogue->paused;
}

static enum step give(struct dialogue *dialogue, enum capture_kind kind, size_t length,
                      struct dialogue_event *event)
{
    *event = (struct dialogue_event){
        .kind = kind,
        .bytes = dialogue->bytes + dialogue->taken,
        .length = length,
        .time_us = dialogue->taken < dialogue->mark ? dialogue->since_us : dialogue->last_us,
    };
    dialogue->taken += length;
    return GIVEN;
}

static enum step turn(struct dialogue *dialogue, enum state state)
{
    dialogue->state = (uint8_t)state;
    return AGAIN;
}

static void lose(struct dialogue *dialogue, size_t length)
{
    dialogue->taken += length;
    dialogue->lost += length;
}

/* The beginning. */

static enum step open(struct dialogue *dialogue, struct dialogue_event *event)
{
    size_t length = held_length(dialogue), there = length < GREETING_SIZE ? length : GREETING_SIZE;
    const uint8_t *at = held(dialogue).at;

    if (!dialogue->greets || memcmp(at, GREETING, there) != 0)
        return turn(dialogue, ANSWER);
    if (there < GREETING_SIZE)
        return is_all(dialogue) ? turn(dialogue, ANSWER) : WAIT;
    /* An IRC client says `NICK jack`. */
    if (!dialogue->ours && length > GREETING_SIZE && at[GREETING_SIZE] == ' ')
        return turn(dialogue, ANSWER);
    dialogue->state = ANSWER;
    dialogue->late = false;
    return give(dialogue, CAPTURE_GREETING, GREETING_SIZE, event);
}

static int digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* How many octets at the beginning may be a preface's. */
static size_t preface_length(const uint8_t *bytes, size_t length, uint64_t *id)
{
    size_t at = 0;

    for (; at < length && at < MARK_SIZE && bytes[at] == (uint8_t)MARK[at]; at++)
        ;
    if (at < MARK_SIZE)
        return at;
    for (*id = 0; at < length && at < PREFACE_SIZE && digit(bytes[at]) >= 0; at++)
        *id = *id << 4 | (uint64_t)digit(bytes[at]);
    return at == PREFACE_SIZE && at < length && bytes[at] == '\n' ? at + 1 : at;
}

static enum step answer(struct dialogue *dialogue, struct dialogue_event *event)
{
    size_t length = held_length(dialogue);
    uint64_t id = 0;
    size_t preface = preface_length(held(dialogue).at, length, &id);

    if (preface == PREFACE_SIZE + 1) {
        give(dialogue, CAPTURE_PREFACE, PREFACE_SIZE, event);
        event->id = id;
        dialogue->taken++;
        return (void)turn(dialogue, FRAMES), GIVEN;
    }
    if (preface == length && !is_all(dialogue))
        return WAIT;
    return turn(dialogue, dialogue->late ? MIDDLE : TEXT);
}

/* Frames. */

static bool is_frame(const uint8_t *at)
{
    size_t length = (size_t)at[0] << 8 | at[1];

    return length >= WIRE_HEADER_SIZE && length <= WIRE_DATAGRAM_MAX &&
           cursor_get_4(at + COUNT_SIZE) == WIRE_MAGIC && at[FRAME_LEAST - 1] == WIRE_VERSION;
}

/* How many octets are before the first frame, or, without one, before the first that may begin one. */
static size_t find_frame(const uint8_t *bytes, size_t length, bool *found)
{
    size_t at = 0;

    *found = false;
    for (; at + FRAME_LEAST <= length; at++)
        if (is_frame(bytes + at)) {
            *found = true;
            break;
        }
    return at;
}

static enum step take_frame(struct dialogue *dialogue, struct dialogue_event *event)
{
    size_t length = held_length(dialogue), size;

    if (length < COUNT_SIZE) {
        lose(dialogue, dialogue->broken ? length : 0);
        return WAIT;
    }
    const uint8_t *at = held(dialogue).at;
    size = (size_t)at[0] << 8 | at[1];
    if (size == 0 || size > WIRE_DATAGRAM_MAX)
        return turn(dialogue, SEARCH);
    if (length - COUNT_SIZE < size && !dialogue->broken)
        return WAIT;
    length -= COUNT_SIZE;
    dialogue->taken += COUNT_SIZE;
    give(dialogue, CAPTURE_DATAGRAM, length < size ? length : size, event);
    event->lacking = size - event->length;
    return GIVEN;
}

static enum step search(struct dialogue *dialogue, struct dialogue_event *event)
{
    bool found;

    (void)event;
    lose(dialogue, find_frame(held(dialogue).at, held_length(dialogue), &found));
    if (found)
        return turn(dialogue, FRAMES);
    lose(dialogue, dialogue->broken ? held_length(dialogue) : 0);
    return WAIT;
}

/* From the middle of something: frames hold zeros, and plain text holds none. */
static enum step find_middle(struct dialogue *dialogue, struct dialogue_event *event)
{
    const uint8_t *at = held(dialogue).at;
    size_t length = held_length(dialogue), before;
    bool found, text = !memchr(at, 0, length), enough = is_all(dialogue) || length > WIRE_DATAGRAM_MAX;

    (void)event;
    before = find_frame(at, length, &found);
    if (found) {
        lose(dialogue, before);
        return turn(dialogue, FRAMES);
    }
    if (text && (enough || (length >= FRAME_LEAST && memchr(at, '\n', length))))
        return turn(dialogue, TEXT);
    if (!text && enough)
        lose(dialogue, is_all(dialogue) ? length : before);
    return WAIT;
}

/* Plain text. */

static enum step take_text(struct dialogue *dialogue, struct dialogue_event *event)
{
    const uint8_t *at = held(dialogue).at, *newline;
    size_t length = held_length(dialogue), line;

    if (!dialogue->ours)
        return WAIT;
    newline = memchr(at, '\n', length);
    line = newline ? (size_t)(newline - at) : length;
    if (line > TEXT_SAY_MAX)
        return give(dialogue, CAPTURE_TEXT, TEXT_SAY_MAX, event);
    if (!newline) {
        if (!dialogue->chunks && !is_all(dialogue))
            return WAIT;
        dialogue->chunks = dialogue->chunks || dialogue->paused;
        return give(dialogue, CAPTURE_TEXT, length, event);
    }
    if (line > 0) {
        dialogue->chunks = false;
        give(dialogue, CAPTURE_TEXT, line, event);
        if (at[line - 1] == '\r')
            event->length--;
    }
    dialogue->taken++;
    return line > 0 && event->length > 0 ? GIVEN : AGAIN;
}

/* After a break what comes next is from the middle. */
static void begin_again(struct dialogue *dialogue)
{
    dialogue->broken = false;
    dialogue->late = true;
    if (dialogue->state == FRAMES)
        dialogue->state = SEARCH;
}

bool dialogue_next(struct dialogue *dialogue, struct dialogue_event *event)
{
    static enum step (*const steps[])(struct dialogue *, struct dialogue_event *) = {
        [OPENING] = open,  [ANSWER] = answer,      [FRAMES] = take_frame,
        [SEARCH] = search, [MIDDLE] = find_middle, [TEXT] = take_text,
    };
    enum step step = AGAIN;

    while (step == AGAIN && dialogue->taken < dialogue->length)
        step = steps[dialogue->state](dialogue, event);
    if (step == GIVEN)
        return true;
    compact(dialogue);
    if (dialogue->broken && dialogue->length == 0)
        begin_again(dialogue);
    return false;
}

bool dialogue_is_foreign(const struct dialogue *dialogue)
{
    return !dialogue->ours && (dialogue->state == TEXT || dialogue->state == MIDDLE);
}

bool dialogue_is_full(const struct dialogue *dialogue)
{
    return !dialogue->ours && dialogue->length > UNKNOWN_MAX;
}

bool dialogue_looks_ours(const uint8_t *bytes, size_t length)
{
    uint64_t id;

    if (length == GREETING_SIZE && memcmp(bytes, GREETING, GREETING_SIZE) == 0)
        return true;
    if (preface_length(bytes, length, &id) == PREFACE_SIZE + 1)
        return true;
    return length >= FRAME_LEAST && is_frame(bytes);
}
