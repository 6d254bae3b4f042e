/* Compares a record, or a header, that was read with the one that should have been: field by field, list by
 * list. The test fails where they differ. */
#ifndef SAME_H
#define SAME_H

#include "lanchat/wire.h"

void same_record(const struct wire_record *is, const struct wire_record *want);
void same_header(const struct wire_header *is, const struct wire_header *want);

#endif
