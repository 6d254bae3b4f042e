#include "ignore.h"

static size_t find(const struct ignore *ignore, struct span nick)
{
    size_t i = 0;

    while (i < ignore->count && !span_equal(span_of(ignore->nicks[i]), nick))
        i++;
    return i;
}

bool ignore_has(const struct ignore *ignore, const char *nick)
{
    return ignore->count > 0 && find(ignore, span_of(nick)) < ignore->count;
}

bool ignore_toggle(struct ignore *ignore, struct span nick)
{
    size_t i = find(ignore, nick);

    if (i < ignore->count) {
        ignore->count--;
        memmove(ignore->nicks[i], ignore->nicks[i + 1], (ignore->count - i) * sizeof *ignore->nicks);
        return true;
    }
    if (ignore->count == IGNORE_MAX || nick.length > NODE_SHOWN_MAX)
        return false;
    memcpy(ignore->nicks[i], nick.bytes, nick.length);
    ignore->nicks[i][nick.length] = '\0';
    ignore->count++;
    return true;
}
