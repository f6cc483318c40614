/* Attention over a cache, shared by its own op and by that of a whole layer. */
#pragma once

#include "parallel.h"

namespace safe {

/** Few new positions of rows of a cache: q [rows, chunk, heads, width], keys [rows, groups, capacity, width]. */
struct Cached {
  const float *q, *k, *v, *cos, *sin, *mask;
  float *keys, *values, *context;
  Index chunk, heads, groups, width, capacity, total, tableRows;
  float factor;
};

/** Key heads [from, to) of all rows, row by row: stores their new keys (rotated) and values, and attends. */
void AttendGroups(const Cached& c, Index from, Index to);

}  // namespace safe
