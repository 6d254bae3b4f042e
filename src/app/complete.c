#include "complete.h"

#include "letters.h"

/* Where the last word begins. */
static size_t word_start(struct span before)
{
    size_t at = before.length;

    while (at > 0 && before.bytes[at - 1] != ' ' && before.bytes[at - 1] != '\t' &&
           before.bytes[at - 1] != '\n')
        at--;
    return at;
}

/* What is begun, and of what kind it is. */
struct begun {
    struct span start;
    enum complete_kind kind;
};

static struct begun begun_of(struct span before)
{
    size_t from = word_start(before);
    bool command = from == 0 && before.length > 0 && before.bytes[0] == '/';

    return (struct begun){
        {before.bytes + from, before.length - from},
        command ? COMPLETE_COMMANDS : COMPLETE_NICKS
    };
}

/* Finds the next that begins so, from *index on, which is left behind it. */
static bool next_match(const struct begun *begun, complete_word *word, void *context, size_t *index,
                       struct span *match)
{
    for (;;) {
        *match = word(context, begun->kind, (*index)++);
        if (match->length == 0)
            return false;
        if (match->length <= COMPLETE_WORD_MAX && letters_start(*match, begun->start))
            return true;
    }
}

/* How many bytes of `a` begin `b` too, whatever their case. */
static size_t common_length(struct span a, struct span b)
{
    struct span rest = a;
    size_t length = 0;

    while (rest.length > 0 && b.length > 0 && letters_lower(text_next(&rest)) == letters_lower(text_next(&b)))
        length = a.length - rest.length;
    return length;
}

static void add(struct completion *completion, const char *what)
{
    size_t length = strlen(what);

    memcpy(completion->text + completion->length, what, length);
    completion->length += length;
}

struct completion complete(struct span before, complete_word *word, void *context)
{
    struct completion completion = {.from = word_start(before)};
    struct begun begun = begun_of(before);
    struct span match;
    size_t index = 0;

    if (!next_match(&begun, word, context, &index, &match))
        return completion;
    completion.found = completion.only = true;
    completion.length = match.length;
    memcpy(completion.text, match.bytes, match.length);
    while (next_match(&begun, word, context, &index, &match)) {
        struct span so_far = {completion.text, completion.length};
        completion.only = completion.only && span_equal(so_far, match);
        completion.length = common_length(so_far, match);
    }
    if (completion.only)
        add(&completion, completion.from == 0 && begun.kind == COMPLETE_NICKS ? ": " : " ");
    return completion;
}

size_t complete_list(struct span before, complete_word *word, void *context, char out[COMPLETE_LIST_MAX])
{
    static const char more[] = "  ...";
    struct begun begun = begun_of(before);
    struct span match;
    size_t index = 0, length = 0;

    while (next_match(&begun, word, context, &index, &match)) {
        size_t gap = length > 0 ? 2 : 0;
        if (length + gap + match.length > COMPLETE_LIST_MAX - (sizeof more - 1)) {
            memcpy(out + length, more, sizeof more - 1);
            return length + sizeof more - 1;
        }
        memset(out + length, ' ', gap);
        memcpy(out + length + gap, match.bytes, match.length);
        length += gap + match.length;
    }
    return length;
}
