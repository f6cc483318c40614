/* The rotation of one head, shared with attention over a cache. */
#pragma once

#include "lanes.h"

namespace safe {

/** Rotates one head: pair (i, i + half) by the angle of cos and sin; sign -1 rotates back. */
INLINE void RotateHead(const float* x, const float* cos, const float* sin, float* y, Index half, float sign) {
  IN_LANES (0, half) {
    const Lanes a = Load(x + i, n), b = Load(x + half + i, n), c = Load(cos + i, n), s = sign * Load(sin + i, n);
    Store(y + i, a * c - b * s, n);
    Store(y + half + i, b * c + a * s, n);
  }
}

}  // namespace safe
