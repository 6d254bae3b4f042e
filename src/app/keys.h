/* What a terminal sends, to keys. Fed octets that may be cut anywhere, it knows no terminal and no clock:
 * UTF-8, the function keys of xterm, VT220, the Linux console and rxvt, Alt as an ESC before a key, and
 * bracketed paste. Sequences that it does not know are nothing; what is no UTF-8 becomes U+FFFD. */
#ifndef LANCHAT_KEYS_H
#define LANCHAT_KEYS_H

#include "lanchat/text.h"

enum key_code {
    KEY_CHARACTER, /* control characters too, as they came: ^A is 1, Enter 13, Tab 9, BackSpace 127 or 8 */
    KEY_ESCAPE,    /* alone */
    KEY_UP,
    KEY_DOWN,
    KEY_RIGHT,
    KEY_LEFT,
    KEY_HOME,
    KEY_END,
    KEY_INSERT,
    KEY_DELETE,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_PASTE
};

/* Modifiers, as bits. Of characters only KEY_ALT is told: the others are in the character. */
#define KEY_SHIFT   1u
#define KEY_ALT     2u
#define KEY_CONTROL 4u

struct key {
    enum key_code code;
    unsigned modifiers;
    int32_t character; /* of KEY_CHARACTER: a code point */
    struct span text;  /* of KEY_CHARACTER: its bytes; of KEY_PASTE: valid UTF-8 of TEXT_SAY_MAX at most, with
                        * \n for the ends of lines and no other control character but tabs. Borrowed for the
                        * call */
    bool cut;          /* of KEY_PASTE: it was longer */
};

typedef void keys_take(void *context, const struct key *key);

enum keys_state {
    KEYS_GROUND,
    KEYS_ESCAPE,  /* after ESC */
    KEYS_CSI,     /* after ESC [ */
    KEYS_SS3,     /* after ESC O */
    KEYS_CONSOLE, /* after ESC [ [: a function key of the Linux console */
    KEYS_PASTE
};

struct keys {
    keys_take *take;
    void *context;
    enum keys_state state;
    unsigned modifiers; /* KEY_ALT after an ESC that is not alone */
    size_t carried;     /* of a character that is not whole */
    char carry[4];
    size_t parameter_size; /* of a sequence; more than the array has: it is none that we know */
    char parameters[16];
    size_t end_matched; /* octets of the end of a paste */
    bool after_return, cut;
    size_t length;
    char paste[TEXT_SAY_MAX];
};

void keys_init(struct keys *keys, keys_take *take, void *context);
void keys_feed(struct keys *keys, const char *octets, size_t length);

/* How many milliseconds to wait for the rest of what was begun, or 0 if nothing is: an ESC alone is a key,
 * and a paste whose end is lost ends too. If no octet came for so long: keys_pause. */
unsigned keys_wait_ms(const struct keys *keys);
void keys_pause(struct keys *keys);

#endif
