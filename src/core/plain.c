/* What a plain-text client sends (lanchat(7), "Plain-text clients"): who he is and what he says, out of bytes
 * that may be cut anywhere. Telnet's commands are taken out first; what is left gathers in `held` until a
 * newline, a pause or the end makes words of it. */
#include "lanchat/plain.h"

#include <stdlib.h>
#include <string.h>

#include "span.h"

#define FIRST_LINE_MAX 1024u
#define HELD_MAX       (TEXT_SAY_MAX + 1u) /* one more, to know that a line goes on */

#define NAME_US    UINT64_C(60000000)
#define KEY_US     UINT64_C(5000000) /* a person who types one key at a time thinks for less */
#define PREFACE_US UINT64_C(5000000)
#define CHUNK_US   UINT64_C(300000)
/* Segments of one send arrive together, and nobody types two messages so close. */
#define PAUSE_US UINT64_C(20000)

enum state {
    START,  /* nobody yet */
    LINES,  /* a line client */
    CHUNKS, /* a chunk client */
    FRAMES, /* a node */
    CLOSED  /* refused */
};

/* RFC 854. */
enum telnet {
    TEXT,
    RETURN,  /* after a CR */
    COMMAND, /* after IAC */
    OPTION,  /* after WILL, WONT, DO, DONT */
    SUB,     /* in a subnegotiation (RFC 855) */
    SUB_IAC
};

enum news { NONE, NODE, PERSON, REFUSED };

void plain_init(struct plain *plain, uint64_t now_us)
{
    *plain = (struct plain){.limit_us = now_us + NAME_US, .last_us = now_us, .state = START};
}

static void drop_held(struct plain *plain)
{
    free(plain->held);
    plain->held = NULL;
    plain->length = plain->capacity = plain->said = plain->ready = 0;
}

void plain_free(struct plain *plain)
{
    drop_held(plain);
    free(plain->own);
    plain->own = NULL;
}

static void refuse(struct plain *plain, const char *why)
{
    drop_held(plain);
    plain->state = CLOSED;
    plain->news = REFUSED;
    plain->why = why;
}

/* Words. */

static bool has_prefix(struct span text, struct span own)
{
    return text.length >= own.length + 2 && span_starts(text, own) &&
           memcmp(text.bytes + own.length, ": ", 2) == 0;
}

/* Takes one message off `rest`: to the next `own: ` or the end, without its own. `own` may be empty. */
static struct span next_message(struct span *rest, struct span own)
{
    if (own.length > 0 && has_prefix(*rest, own))
        span_skip(rest, own.length + 2);
    struct span message = {rest->bytes, 0};
    if (own.length == 0)
        span_skip(rest, rest->length);
    while (rest->length > 0 && !has_prefix(*rest, own))
        span_skip(rest, 1);
    message.length = (size_t)(rest->bytes - message.bytes);
    return message;
}

/* How much of what a chunk client sent first is its nickname. `jack: hi` and `jackjack: hi` both begin with
 * it; `coco: hicoco` tells Coco from Co. */
static size_t measure_nick(struct span first)
{
    size_t length = span_find(first, span_of(": "));
    struct span nick = {first.bytes, length}, rest = first;

    if (length == 0 || length == first.length)
        return length;
    while (rest.length > 0)
        if (span_ends(next_message(&rest, nick), nick))
            return length;
    bool twice = length % 2 == 0 && memcmp(nick.bytes, nick.bytes + length / 2, length / 2) == 0;
    return twice ? length / 2 : length;
}

static bool is_utf8(struct span words)
{
    if (text_printable(words) == words.length)
        return true;
    return text_valid(words) && span_find(words, (struct span){"", 1}) == words.length;
}

/* What is held up to `length` is words. They become UTF-8 here. */
static void make_ready(struct plain *plain, size_t length)
{
    struct span words = {plain->held, length};
    size_t rest = plain->length - length;

    if (length > 0 && !is_utf8(words)) {
        size_t size = 3 * length + rest;
        char *repaired = malloc(size);
        if (!repaired) {
            refuse(plain, "no memory is left");
            return;
        }
        size_t repaired_length = text_repair(words, repaired, 3 * length);
        memcpy(repaired + repaired_length, plain->held + length, rest);
        free(plain->held);
        plain->held = repaired;
        plain->capacity = (uint32_t)size;
        plain->length = (uint32_t)(repaired_length + rest);
        length = repaired_length;
    }
    plain->said = 0;
    plain->ready = (uint32_t)length;
}

/* The next of the words that are ready. */
static bool next_words(struct plain *plain, struct plain_event *event)
{
    struct span own = {plain->own, plain->own_length};

    while (plain->said < plain->ready) {
        struct span rest = {plain->held + plain->said, plain->ready - plain->said};
        struct span text = next_message(&rest, own);
        size_t fit = text_fit(text, TEXT_SAY_MAX);
        plain->said = (uint32_t)(text.bytes - plain->held) + (uint32_t)fit;
        text.length = fit;
        if (plain->late && span_ends(text, own)) {
            text.length -= own.length;
            plain->late = false;
        }
        bool action = span_take_me(&text);
        *event = (struct plain_event){.type = PLAIN_SAYS, .text = text, .action = action};
        if (text.length > 0)
            return true;
    }
    if (plain->ready > 0)
        memmove(plain->held, plain->held + plain->ready, plain->length - plain->ready);
    plain->length -= plain->ready;
    plain->said = plain->ready = 0;
    return false;
}

/* The first line, or what stands for it. */

#define PREFACE        "LCHT 1 "
#define PREFACE_MAGIC  5 /* octets of it that nobody's name begins with */
#define PREFACE_LENGTH (sizeof PREFACE - 1 + 16)

static struct span held(const struct plain *plain)
{
    return (struct span){plain->held, plain->length};
}

static bool may_be_preface(const struct plain *plain)
{
    size_t length = plain->length < PREFACE_MAGIC ? plain->length : PREFACE_MAGIC;

    return length > 0 && memcmp(plain->held, PREFACE, length) == 0;
}

static bool read_preface(struct span line, uint64_t *id)
{
    static const char digits[] = "0123456789abcdef";

    if (line.length != PREFACE_LENGTH || !span_starts(line, span_of(PREFACE)))
        return false;
    *id = 0;
    for (span_skip(&line, sizeof PREFACE - 1); line.length > 0; span_skip(&line, 1)) {
        size_t digit = span_find(span_of(digits), (struct span){line.bytes, 1});
        if (digit == 16)
            return false;
        *id = *id << 4 | digit;
    }
    return true;
}

/* `GET / HTTP/1.1`. */
static bool is_http(struct span line)
{
    static const char http[] = " HTTP/";
    size_t version = span_find(line, span_of(http)) + sizeof http - 1;

    return version < line.length && line.bytes[version] >= '0' && line.bytes[version] <= '9';
}

static void take_nick(struct plain *plain, struct span given)
{
    text_nick_make(given, plain->nick);
    plain->news = PERSON;
}

static bool refuse_first(struct plain *plain)
{
    if (plain->held[0] == 0x16)
        refuse(plain, "binary data");
    else if (is_http(held(plain)))
        refuse(plain, "an HTTP client");
    return plain->state == CLOSED;
}

/* The first line is whole. */
static void take_first_line(struct plain *plain)
{
    if (read_preface(held(plain), &plain->id)) {
        plain->state = FRAMES;
        plain->news = NODE;
    } else if (plain->length >= PREFACE_MAGIC && may_be_preface(plain)) {
        refuse(plain, "a preface of another kind");
    } else if (!refuse_first(plain)) {
        take_nick(plain, held(plain));
        plain->state = LINES;
    }
    plain->length = 0;
}

/* The client pauses, or ended, without a newline. Only who still reads after he ended reads lines. */
static void take_first_chunk(struct plain *plain)
{
    if (plain->length >= PREFACE_MAGIC && may_be_preface(plain)) {
        refuse(plain, "half a preface");
        return;
    }
    if (refuse_first(plain))
        return;
    size_t length = measure_nick(held(plain));
    plain->own = length > 0 ? malloc(length) : NULL;
    if (length > 0 && !plain->own) {
        refuse(plain, "no memory is left");
        return;
    }
    if (length > 0)
        memcpy(plain->own, plain->held, length);
    plain->own_length = (uint16_t)length;
    plain->late = length > 0;
    take_nick(plain, (struct span){plain->held, length});
    plain->state = plain->ended ? LINES : CHUNKS;
    make_ready(plain, plain->length);
}

/* What is wrong with a byte of the first line, or NULL. */
static const char *objection(const struct plain *plain, uint8_t byte)
{
    bool first = plain->length == 0, second = plain->length == 1;

    if (byte == 0x16 && first)
        return NULL; /* the next byte tells */
    if (byte == 0x03 && second && plain->held[0] == 0x16)
        return "a TLS client";
    if (byte < 0x09 || (byte >= 0x0e && byte < 0x20 && byte != 0x1b) || (second && plain->held[0] == 0x16))
        return "binary data";
    return plain->length == FIRST_LINE_MAX ? "an endless line" : NULL;
}

/* Bytes. */

static bool reserve(struct plain *plain, size_t length)
{
    size_t capacity = plain->capacity ? plain->capacity : 64;

    if (length <= plain->capacity)
        return true;
    while (capacity < length)
        capacity *= 2;
    char *bytes = realloc(plain->held, capacity);
    if (!bytes)
        return false;
    plain->held = bytes;
    plain->capacity = (uint32_t)capacity;
    return true;
}

static void take_newline(struct plain *plain)
{
    if (plain->state == START) {
        if (plain->length > 0)
            take_first_line(plain);
        return;
    }
    plain->state = LINES;
    make_ready(plain, plain->length);
}

/* Takes text without a newline: a byte at a time before the client is known, else no more than fits. Returns
 * how much it took. */
static size_t take_text(struct plain *plain, const char *bytes, size_t length)
{
    if (plain->state == START) {
        const char *why = objection(plain, (uint8_t)bytes[0]);
        length = 1;
        if (why) {
            refuse(plain, why);
            return length;
        }
    }
    if (length > HELD_MAX - plain->length)
        length = HELD_MAX - plain->length;
    if (!reserve(plain, plain->length + length)) {
        refuse(plain, "no memory is left");
        return length;
    }
    memcpy(plain->held + plain->length, bytes, length);
    plain->length += (uint32_t)length;
    if (plain->length == HELD_MAX) {
        struct span full = {plain->held, TEXT_SAY_MAX};
        make_ready(plain, TEXT_SAY_MAX - text_unfinished(full));
    }
    return length;
}

static size_t measure_text(struct span input)
{
    struct span rest = input;

    span_skip(&rest, text_printable(rest));
    while (rest.length > 0 && rest.bytes[0] != '\n' && rest.bytes[0] != '\r' &&
           (uint8_t)rest.bytes[0] != 0xff)
        span_skip(&rest, 1);
    return input.length - rest.length;
}

static void take_command(struct plain *plain, uint8_t byte)
{
    enum { SE = 240, SB = 250, WILL = 251, DONT = 254 };

    plain->speaks_telnet |= byte >= SE;
    if (byte == SB)
        plain->telnet = SUB;
    else if (byte >= WILL && byte <= DONT)
        plain->telnet = OPTION;
    else
        plain->telnet = TEXT;
}

/* Takes a byte that follows a CR or an IAC. Returns how much it took: 0 leaves the byte to be text. */
static size_t take_telnet(struct plain *plain, uint8_t byte)
{
    enum { SE = 240, IAC = 255 };

    switch (plain->telnet) {
    case RETURN:
        plain->telnet = TEXT;
        if (byte == '\0')
            take_newline(plain); /* RFC 1123, 3.3.1 */
        return byte == '\0';
    case COMMAND:
        if (byte < SE || byte == IAC) {
            plain->telnet = TEXT;
            take_text(plain, "\xff", 1);
            return byte == IAC;
        }
        take_command(plain, byte);
        return 1;
    case SUB:
        plain->telnet = byte == IAC ? SUB_IAC : SUB;
        return 1;
    case SUB_IAC:
        plain->telnet = byte == SE ? TEXT : SUB;
        return 1;
    default: /* OPTION */
        plain->telnet = TEXT;
        return 1;
    }
}

/* Takes some of the input. Returns how much. */
static size_t take_some(struct plain *plain)
{
    const char *bytes = plain->input;

    if (plain->telnet != TEXT)
        return take_telnet(plain, (uint8_t)bytes[0]);
    size_t length = measure_text((struct span){bytes, plain->input_length});
    if (length > 0)
        return take_text(plain, bytes, length);
    if (bytes[0] == '\n')
        take_newline(plain);
    else
        plain->telnet = bytes[0] == '\r' ? RETURN : COMMAND;
    return 1;
}

static bool takes_input(const struct plain *plain)
{
    return plain->input_length > 0 && plain->news == NONE && plain->ready == 0 &&
           (plain->state == START || plain->state == LINES || plain->state == CHUNKS);
}

/* Typed: not more than one character came at once. */
static bool is_one_key(const char *bytes, size_t length)
{
    size_t characters = 0;

    for (size_t i = 0; i < length && i < 4; i++)
        characters += ((uint8_t)bytes[i] & 0xc0) != 0x80;
    return length <= 4 && characters <= 1;
}

void plain_feed(struct plain *plain, const char *bytes, size_t length, uint64_t now_us)
{
    plain->input = bytes;
    plain->input_length = length;
    plain->last_us = now_us;
    plain->one_key = is_one_key(bytes, length);
}

void plain_end(struct plain *plain)
{
    plain->ended = true;
    if (plain->state == START && plain->length > 0)
        take_first_chunk(plain);
    else if (plain->state == START)
        refuse(plain, "said nothing");
    else if (plain->state == LINES || plain->state == CHUNKS)
        make_ready(plain, plain->length);
}

uint64_t plain_deadline(const struct plain *plain)
{
    if (plain->state == CHUNKS && plain->length > 0)
        return plain->last_us + PAUSE_US;
    if (plain->state != START)
        return UINT64_MAX;
    if (plain->length == 0)
        return plain->limit_us;
    if (may_be_preface(plain))
        return plain->last_us + PREFACE_US;
    if (plain->speaks_telnet)
        return plain->last_us + NAME_US;
    return plain->last_us + (plain->one_key ? KEY_US : CHUNK_US);
}

void plain_tick(struct plain *plain, uint64_t now_us)
{
    if (now_us < plain_deadline(plain))
        return;
    if (plain->state == CHUNKS)
        make_ready(plain, plain->length);
    else if (plain->length == 0)
        refuse(plain, "said nothing for 60 s");
    else
        take_first_chunk(plain);
}

static void tell(struct plain *plain, struct plain_event *event)
{
    *event = (struct plain_event){.type = PLAIN_REFUSED};
    if (plain->news == NODE)
        *event = (struct plain_event){.type = PLAIN_NODE, .id = plain->id};
    else if (plain->news == PERSON)
        *event = (struct plain_event){.type = PLAIN_PERSON, .text = span_of(plain->nick)};
    else
        event->text = span_of(plain->why);
    plain->news = NONE;
}

/* Most of what a line client sends is whole lines of printable ASCII, which are words as they stand. */
static bool next_line(struct plain *plain, struct plain_event *event)
{
    struct span text = {plain->input, plain->input_length};

    if (plain->state != LINES || plain->length > 0 || plain->telnet != TEXT || plain->own_length > 0)
        return false;
    text.length = text_printable(text);
    if (text.length == 0 || text.length > TEXT_SAY_MAX || text.length == plain->input_length ||
        text.bytes[text.length] != '\n')
        return false;
    plain->input += text.length + 1;
    plain->input_length -= text.length + 1;
    bool action = span_take_me(&text);
    *event = (struct plain_event){.type = PLAIN_SAYS, .text = text, .action = action};
    return true;
}

bool plain_next(struct plain *plain, struct plain_event *event)
{
    for (;;) {
        if (plain->news != NONE) {
            tell(plain, event);
            return true;
        }
        if (next_line(plain, event))
            return true;
        if (next_words(plain, event))
            return true;
        if (!takes_input(plain))
            break;
        while (takes_input(plain)) {
            size_t taken = take_some(plain);
            plain->input += taken;
            plain->input_length -= taken;
        }
    }
    if (plain->length == 0)
        drop_held(plain);
    return false;
}

bool plain_is_chunk(const struct plain *plain)
{
    return plain->state == CHUNKS;
}

struct span plain_rest(const struct plain *plain)
{
    return (struct span){plain->input, plain->input_length};
}
