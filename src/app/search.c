#include "search.h"

void search_init(struct search *search, struct recall *recall)
{
    search->recall = recall;
    search->length = search->last_length = 0;
}

void search_begin(struct search *search, bool forward, size_t age, size_t at)
{
    search->forward = forward;
    search->failed = false;
    search->age = age;
    search->at = at;
    search->length = 0;
}

static bool matches(const struct search *search, struct span line, size_t at)
{
    return search->length <= line.length - at && memcmp(line.bytes + at, search->sought, search->length) == 0;
}

/* From `at` on, towards the end or the beginning of the line. */
static bool find_in_line(struct search *search, struct span line, size_t at)
{
    while (at <= line.length && !matches(search, line, at))
        at = search->forward ? at + 1 : at - 1; /* before 0 comes SIZE_MAX */
    if (at > line.length)
        return false;
    search->at = at;
    return true;
}

/* From `at` of this line on through those behind it; where it stands stays if there is none. */
static void find(struct search *search, size_t at)
{
    size_t age = search->age;

    search->failed = false;
    while (age <= search->recall->count) {
        struct span line = recall_line(search->recall, age);
        if (find_in_line(search, line, at)) {
            search->age = age;
            return;
        }
        age = search->forward ? age - 1 : age + 1; /* before 0 comes SIZE_MAX */
        if (age <= search->recall->count)
            at = search->forward ? 0 : recall_line(search->recall, age).length;
    }
    search->failed = true;
}

bool search_add(struct search *search, struct span text)
{
    if (text.length > sizeof search->sought - search->length)
        return false;
    memcpy(search->sought + search->length, text.bytes, text.length);
    search->length += text.length;
    find(search, search->at);
    return true;
}

bool search_shorten(struct search *search)
{
    if (search->length == 0)
        return false;
    search->length = text_fit((struct span){search->sought, search->length}, search->length - 1);
    find(search, search->at);
    return true;
}

void search_next(struct search *search, bool forward)
{
    search->forward = forward;
    if (search->length == 0) {
        memcpy(search->sought, search->last, search->last_length);
        search->length = search->last_length;
        find(search, search->at);
    } else {
        find(search, forward ? search->at + 1 : search->at - 1);
    }
}

void search_end(struct search *search)
{
    if (search->length == 0)
        return;
    memcpy(search->last, search->sought, search->length);
    search->last_length = search->length;
}
