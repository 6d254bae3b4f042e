#include "keys.h"

#define ESC 0x1b

#define SEQUENCE_WAIT_MS 200
#define PASTE_WAIT_MS    5000

#define PASTE_BEGIN 200

static const char paste_end[] = "\x1b[201~";

void keys_init(struct keys *keys, keys_take *take, void *context)
{
    keys->take = take;
    keys->context = context;
    keys->state = KEYS_GROUND;
    keys->modifiers = 0;
    keys->carried = 0;
}

/* What was begun is done. */
static void give(struct keys *keys, struct key key)
{
    key.modifiers |= keys->modifiers;
    keys->modifiers = 0;
    keys->state = KEYS_GROUND;
    keys->take(keys->context, &key);
}

static void drop(struct keys *keys)
{
    keys->modifiers = 0;
    keys->state = KEYS_GROUND;
}

/* Text, typed and pasted. */

static void paste(struct keys *keys, const char *bytes, size_t length)
{
    keys->cut = keys->cut || length > sizeof keys->paste - keys->length;
    if (keys->cut)
        return;
    memcpy(keys->paste + keys->length, bytes, length);
    keys->length += length;
}

/* The ends of lines become \n, other control characters go. */
static void paste_character(struct keys *keys, int32_t c, struct span text)
{
    bool second = keys->after_return && c == '\n';

    keys->after_return = c == '\r';
    if (c == '\r')
        paste(keys, "\n", 1);
    else if ((c == '\n' && !second) || c == '\t' || (c >= ' ' && c != 0x7f))
        paste(keys, text.bytes, text.length);
}

/* A whole one, or a byte that is in none. */
static void take_character(struct keys *keys, struct span text)
{
    struct span rest = text;
    int32_t c = text_next(&rest);

    if (c < 0) {
        c = 0xfffd;
        text = span_of("\xef\xbf\xbd");
    }
    if (keys->state == KEYS_PASTE)
        paste_character(keys, c, text);
    else
        give(keys, (struct key){.code = KEY_CHARACTER, .character = c, .text = text});
}

/* Takes what is carried, as far as it is not the beginning of a character whose rest may still come. */
static void take_carried(struct keys *keys, bool may_come)
{
    while (keys->carried > 0) {
        char carry[sizeof keys->carry];
        struct span rest = {carry, keys->carried};
        memcpy(carry, keys->carry, keys->carried);
        if (may_come && text_unfinished(rest) == rest.length)
            return;
        text_next(&rest);
        struct span character = {carry, keys->carried - rest.length};
        memcpy(keys->carry, rest.bytes, rest.length);
        keys->carried = rest.length;
        take_character(keys, character);
    }
}

static void take_text(struct keys *keys, char octet)
{
    if ((uint8_t)octet < 0x80) {
        take_character(keys, (struct span){&octet, 1});
        return;
    }
    keys->carry[keys->carried++] = octet;
    take_carried(keys, true);
}

static void end_paste(struct keys *keys)
{
    struct key key = {.code = KEY_PASTE};

    take_carried(keys, false);
    key.text = (struct span){keys->paste, keys->length};
    key.cut = keys->cut;
    give(keys, key);
}

static void take_pasted(struct keys *keys, char octet)
{
    size_t matched = keys->end_matched;

    if (octet == paste_end[matched]) {
        keys->end_matched++;
        if (keys->end_matched == sizeof paste_end - 1)
            end_paste(keys);
        return;
    }
    for (size_t i = 0; i < matched; i++)
        take_text(keys, paste_end[i]);
    keys->end_matched = octet == ESC;
    if (octet != ESC)
        take_text(keys, octet);
}

/* Sequences. */

/* The numbers between semicolons, 0 where there is none. False if there is anything else. */
static bool parse_parameters(const struct keys *keys, unsigned numbers[2])
{
    size_t index = 0;

    numbers[0] = numbers[1] = 0;
    if (keys->parameter_size > sizeof keys->parameters)
        return false;
    for (size_t i = 0; i < keys->parameter_size; i++) {
        char c = keys->parameters[i];
        if (c == ';')
            index++;
        else if (c < '0' || c > '9')
            return false;
        else if (index < 2)
            numbers[index] = (numbers[index] * 10 + (unsigned)(c - '0')) % 10000;
    }
    return true;
}

/* By the letter that ends a sequence, and by the number that begins one; 0: none. */
static const enum key_code lettered[] = {['A' - 'A'] = KEY_UP,    ['B' - 'A'] = KEY_DOWN,
                                         ['C' - 'A'] = KEY_RIGHT, ['D' - 'A'] = KEY_LEFT,
                                         ['F' - 'A'] = KEY_END,   ['H' - 'A'] = KEY_HOME};
static const enum key_code numbered[] = {
    [1] = KEY_HOME,    [2] = KEY_INSERT,    [3] = KEY_DELETE, [4] = KEY_END,
    [5] = KEY_PAGE_UP, [6] = KEY_PAGE_DOWN, [7] = KEY_HOME,   [8] = KEY_END};

/* xterm's: a number that is one more than its bits. */
static unsigned modifiers_of(unsigned number)
{
    unsigned bits = number > 0 ? number - 1 : 0;

    return (bits & (KEY_SHIFT | KEY_ALT | KEY_CONTROL)) | (bits & 8 ? KEY_ALT : 0);
}

/* ESC [ 1 ; 5 C and the like; rxvt has small letters for arrows with a modifier. */
static struct key lettered_key(char final, const unsigned numbers[2], bool ss3)
{
    bool small = final >= 'a' && final <= 'd';
    size_t index = (size_t)(small ? final - 'a' : final - 'A');
    struct key key = {.modifiers = modifiers_of(numbers[1] > 0 ? numbers[1] : numbers[0])};

    if (index < sizeof lettered / sizeof *lettered)
        key.code = lettered[index];
    if (small)
        key.modifiers = ss3 ? KEY_CONTROL : KEY_SHIFT;
    return key;
}

/* ESC [ 3 ~ and the like; rxvt says a modifier by another end. */
static struct key numbered_key(char final, const unsigned numbers[2])
{
    struct key key = {.modifiers = modifiers_of(numbers[1])};

    if (numbers[0] < sizeof numbered / sizeof *numbered)
        key.code = numbered[numbers[0]];
    if (final == '$' || final == '@')
        key.modifiers |= KEY_SHIFT;
    if (final == '^' || final == '@')
        key.modifiers |= KEY_CONTROL;
    return key;
}

static void begin_paste(struct keys *keys)
{
    keys->state = KEYS_PASTE;
    keys->modifiers = 0;
    keys->end_matched = keys->length = 0;
    keys->after_return = keys->cut = false;
}

static void end_sequence(struct keys *keys, char final)
{
    unsigned numbers[2];
    bool number = final == '~' || final == '^' || final == '$' || final == '@';
    bool known = parse_parameters(keys, numbers);

    if (known && final == '~' && numbers[0] == PASTE_BEGIN) {
        begin_paste(keys);
        return;
    }
    struct key key =
        number ? numbered_key(final, numbers) : lettered_key(final, numbers, keys->state == KEYS_SS3);
    if (known && key.code != KEY_CHARACTER)
        give(keys, key);
    else if (keys->state != KEYS_GROUND)
        drop(keys);
}

static void begin_sequence(struct keys *keys, enum keys_state state)
{
    keys->state = state;
    keys->parameter_size = 0;
}

static void take_escaped(struct keys *keys, char octet)
{
    if (octet == '[') {
        begin_sequence(keys, KEYS_CSI);
    } else if (octet == 'O') {
        begin_sequence(keys, KEYS_SS3);
    } else {
        keys->modifiers |= KEY_ALT;
        if (octet == ESC)
            return;
        keys->state = KEYS_GROUND;
        take_text(keys, octet);
    }
}

/* rxvt ends some sequences with what ECMA-48 would have go on. */
static bool ends_sequence(const struct keys *keys, char octet)
{
    unsigned numbers[2];

    return octet >= '@' || (octet == '$' && parse_parameters(keys, numbers));
}

static void take_sequence(struct keys *keys, char octet)
{
    if (octet == '[' && keys->state == KEYS_CSI && keys->parameter_size == 0) {
        keys->state = KEYS_CONSOLE;
    } else if (ends_sequence(keys, octet)) {
        end_sequence(keys, octet);
    } else {
        if (keys->parameter_size < sizeof keys->parameters)
            keys->parameters[keys->parameter_size] = octet;
        if (keys->parameter_size <= sizeof keys->parameters)
            keys->parameter_size++;
    }
}

static void take_octet(struct keys *keys, char octet)
{
    bool printable = octet >= ' ' && octet <= '~';

    if ((uint8_t)octet < 0x80)
        take_carried(keys, false);
    if (keys->state >= KEYS_CSI && keys->state <= KEYS_CONSOLE && !printable)
        drop(keys);
    switch (keys->state) {
    case KEYS_GROUND:
        if (octet == ESC)
            keys->state = KEYS_ESCAPE;
        else
            take_text(keys, octet);
        break;
    case KEYS_ESCAPE:
        take_escaped(keys, octet);
        break;
    case KEYS_CSI:
    case KEYS_SS3:
        take_sequence(keys, octet);
        break;
    case KEYS_CONSOLE:
        drop(keys);
        break;
    case KEYS_PASTE:
        take_pasted(keys, octet);
        break;
    }
}

void keys_feed(struct keys *keys, const char *octets, size_t length)
{
    for (size_t i = 0; i < length; i++)
        take_octet(keys, octets[i]);
}

unsigned keys_wait_ms(const struct keys *keys)
{
    if (keys->state == KEYS_GROUND)
        return 0;
    return keys->state == KEYS_PASTE ? PASTE_WAIT_MS : SEQUENCE_WAIT_MS;
}

/* Alt with one of the keys that begin a sequence. */
static void give_begun(struct keys *keys, char octet)
{
    keys->modifiers |= KEY_ALT;
    keys->state = KEYS_GROUND;
    take_text(keys, octet);
}

void keys_pause(struct keys *keys)
{
    if (keys->state == KEYS_PASTE)
        end_paste(keys);
    else if (keys->state == KEYS_ESCAPE)
        give(keys, (struct key){.code = KEY_ESCAPE});
    else if (keys->state == KEYS_CSI && keys->parameter_size == 0)
        give_begun(keys, '[');
    else if (keys->state == KEYS_SS3 && keys->parameter_size == 0)
        give_begun(keys, 'O');
    else if (keys->state != KEYS_GROUND)
        drop(keys);
}
