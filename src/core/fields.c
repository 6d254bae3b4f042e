#include "lanchat/fields.h"

#include "layout.h"

struct fields fields_of(const struct wire_record *record)
{
    return (struct fields){.layout = layout_of(record->type), .of = &record->message};
}

/* What an ask is for tells what it begins at: a message's number, a stamp, or an id. */
static enum field_sense sense_of_from(const struct wire_ask *ask)
{
    return ask->kind == WIRE_ASK_NUMBERS || ask->kind == WIRE_ASK_LAST ? FIELD_NUMBER : FIELD_ID;
}

static void take_number(struct field_value *value, const struct field *field, const void *member)
{
    value->sense = field->sense;
    value->number = layout_number(field, member);
}

static void take_span(struct field_value *value, enum field_sense sense, const struct span *member)
{
    value->sense = sense;
    value->text = *member;
}

static void take_value(struct field_value *value, const struct field *field, const void *member)
{
    switch (field->kind) {
    case NUMBER:
        take_number(value, field, member);
        break;
    case NONCE:
        take_span(value, FIELD_OCTETS, &(struct span){*(const char *const *)member, WIRE_NONCE_SIZE});
        break;
    case NICK_OR_NONE:
    case ROOM_OR_NONE:
        take_span(value, FIELD_NAME, member);
        break;
    case NICK:
    case TEXT:
        take_span(value, FIELD_TEXT, member);
        break;
    case SEALED:
        take_span(value, FIELD_OCTETS, member);
        break;
    case LIST:
        value->sense = FIELD_LIST;
        value->list = *(const struct wire_list *)member;
        value->items = field->items;
        break;
    }
}

bool field_next(struct fields *fields, struct field_value *value)
{
    const struct layout *layout = fields->layout;

    if (!layout || fields->at == layout->count)
        return false;
    const struct field *field = &layout->fields[fields->at++];
    *value = (struct field_value){.name = field->name};
    take_value(value, field, (const char *)fields->of + field->offset);
    if (layout == &ask_layout && field->offset == offsetof(struct wire_ask, from))
        value->sense = sense_of_from(fields->of);
    return true;
}

bool field_next_item(struct field_value *list, union wire_item *item, struct fields *fields)
{
    *fields = (struct fields){.layout = list->items, .of = item};
    return layout_next_item(&list->list, list->items, item);
}

const char *field_type_name(uint8_t type)
{
    return type == WIRE_PARITY ? "parity" : wire_type_name(type);
}
