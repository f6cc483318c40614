/* Rounding to bfloat16. */
#pragma once

#include <cstdint>
#include <cstring>

#include "lanes.h"

namespace safe {

/** The nearest bfloat16, the even one of two equally near; NaN stays NaN. */
INLINE float Rounded(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const uint32_t nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  bits = x == x ? nearest : bits;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace safe
