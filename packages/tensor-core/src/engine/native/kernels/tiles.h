/* Products of small matrices in tiles of registers. */
#pragma once

#include "lanes.h"

namespace safe {

/** Where an operand of a product starts, and how far its rows and columns are apart. */
struct Operand {
  const float* at;
  Index row, column;
};

/** A tile of C, `kRows` by up to two vectors: c = a b, or c += a b. */
template <int kRows>
INLINE void Tile(const Operand& a, const float* b, Index bRow, float* c, Index cRow, Index width, Index depth,
                 bool add) {
  const Index first = width < kLanes ? width : kLanes, second = width - first;
  Lanes low[kRows], high[kRows];
  for (int r = 0; r < kRows; r++) low[r] = high[r] = All(0.0f);
  if (width == 2 * kLanes) {
    for (Index k = 0; k < depth; k++) {
      const Lanes left = Load(b + k * bRow, kLanes), right = Load(b + k * bRow + kLanes, kLanes);
      for (int r = 0; r < kRows; r++) {
        const float x = a.at[r * a.row + k * a.column];
        low[r] += x * left;
        high[r] += x * right;
      }
    }
  } else {
    for (Index k = 0; k < depth; k++) {
      const Lanes left = Load(b + k * bRow, first);
      const Lanes right = second > 0 ? Load(b + k * bRow + kLanes, second) : All(0.0f);
      for (int r = 0; r < kRows; r++) {
        const float x = a.at[r * a.row + k * a.column];
        low[r] += x * left;
        high[r] += x * right;
      }
    }
  }
  for (int r = 0; r < kRows; r++) {
    float* out = c + r * cRow;
    Store(out, add ? Load(out, first) + low[r] : low[r], first);
    if (second > 0) Store(out + kLanes, add ? Load(out + kLanes, second) + high[r] : high[r], second);
  }
}

/** c [rows, width] = a [rows, depth] b [depth, width], or c += a b; rows of b and c are contiguous. */
INLINE void Multiply(Operand a, const float* b, Index bRow, float* c, Index cRow, Index rows, Index width, Index depth,
                     bool add) {
  for (Index j = 0; j < width; j += 2 * kLanes) {
    const Index part = width - j < 2 * kLanes ? width - j : 2 * kLanes;
    Index i = 0;
    for (; i + 8 <= rows; i += 8)
      Tile<8>({a.at + i * a.row, a.row, a.column}, b + j, bRow, c + i * cRow + j, cRow, part, depth, add);
    for (; i + 4 <= rows; i += 4)
      Tile<4>({a.at + i * a.row, a.row, a.column}, b + j, bRow, c + i * cRow + j, cRow, part, depth, add);
    for (; i < rows; i++)
      Tile<1>({a.at + i * a.row, a.row, a.column}, b + j, bRow, c + i * cRow + j, cRow, part, depth, add);
  }
}

}  // namespace safe
