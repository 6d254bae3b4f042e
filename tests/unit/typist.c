#include "typist.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

struct editor editor;
struct keys keys;
enum editor_event event;
char said[TEXT_SAY_MAX + 1];

static struct recall recall;

static struct span word(void *context, enum complete_kind kind, size_t index)
{
    static const char *const commands[] = {"/help", "/history", "/me", "/nick"};
    static const char *const nicks[] = {"jack", "Jane", "JÖRG", "jörgen", "molly", "molly"};

    (void)context;
    if (kind == COMPLETE_COMMANDS)
        return index < 4 ? span_of(commands[index]) : (struct span){NULL, 0};
    return index < 6 ? span_of(nicks[index]) : (struct span){NULL, 0};
}

void typist_key(const struct key *key)
{
    event = editor_key(&editor, key);
    if (event != EDITOR_LINE)
        return;
    struct span line = editor_said(&editor);
    memcpy(said, line.bytes, line.length);
    said[line.length] = '\0';
    recall_add(&recall, line);
}

static void take(void *context, const struct key *key)
{
    (void)context;
    typist_key(key);
}

void typist_begin(void)
{
    recall_init(&recall);
    recall_add(&recall, span_of("first line"));
    recall_add(&recall, span_of("second one"));
    recall_add(&recall, span_of("häuser und bäume"));
    recall_add(&recall, span_of("last line"));
    editor_init(&editor, &recall, word, NULL);
    keys_init(&keys, take, NULL);
    said[0] = '\0';
    event = EDITOR_NOTHING;
}

void typist_end(void)
{
    editor_free(&editor);
    recall_free(&recall);
}

void typist_press(const char *octets)
{
    keys_feed(&keys, octets, strlen(octets));
    if (keys_wait_ms(&keys) > 0)
        keys_pause(&keys);
}

void typist_text(const char *expected)
{
    struct span text = editor_text(&editor);
    size_t cursor = editor_cursor(&editor);
    char shown[512];

    snprintf(shown, sizeof shown, "%.*s|%.*s", (int)cursor, text.bytes, (int)(text.length - cursor),
             text.bytes + cursor);
    ck_assert_str_eq(shown, expected);
}

void typist_prompt(const char *expected)
{
    struct span prompt = editor_prompt(&editor);

    ck_assert_msg(span_equal(prompt, span_of(expected)), "the prompt is \"%.*s\", not \"%s\"",
                  (int)prompt.length, prompt.bytes, expected);
}

void typist_check(const char *octets, const char *expected)
{
    typist_end();
    typist_begin();
    typist_press(octets);
    typist_text(expected);
}
