/* The softmax of one masked row, shared with attention over a cache. */
#pragma once

#include "lanes.h"

namespace safe {

/** y = softmax(x + mask) over width elements */
INLINE void SoftmaxRow(const float* x, const float* mask, float* y, Index width) {
  IN_LANES (0, width) Store(y + i, Load(x + i, n) + Load(mask + i, n), n);
  const float top = Largest(y, width);
  Lanes sum = All(0.0f);
  IN_LANES (0, width) {
    const Lanes e = Exp(Load(y + i, n, -INFINITY) - top);
    sum += e;
    Store(y + i, e, n);
  }
  const float inverse = 1.0f / Sum(sum);
  IN_LANES (0, width) Store(y + i, Load(y + i, n) * inverse, n);
}

}  // namespace safe
