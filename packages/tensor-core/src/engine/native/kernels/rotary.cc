/* Rotary position embedding: every head rotated by the angles of its position, or back. */
#include "rotary.h"

#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "run.h"

namespace safe {

static EVERY_PROCESSOR void RotatePositions(const float* x, const float* cos, const float* sin, float* y, Index from,
                                            Index to, Index tables, Index heads, Index half, float sign) {
  for (Index p = from; p < to; p++) {
    const Index at = (p % tables) * half;
    for (Index h = 0; h < heads; h++) {
      const Index base = (p * heads + h) * 2 * half;
      RotateHead(x + base, cos + at, sin + at, y + base, half, sign);
    }
  }
}

void RotateHalves(void* sign, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *cos = run.In(1), *sin = run.In(2);
  if (!run.Good()) return;
  const Index half = LastOf(cos);
  if (TF_NumDims(x) != 4 || half == 0 || LastOf(x) != 2 * half || SizeOf(sin) != SizeOf(cos))
    return run.Fail("the tables do not fit the heads");
  const Index positions = TF_Dim(x, 0) * TF_Dim(x, 1), tables = SizeOf(cos) / half;
  if (tables == 0 || positions % tables != 0) return run.Fail("the tables do not fit the positions");
  float* y = run.Out(0, ShapeOf(x));
  if (!run.Good()) return;
  const Index heads = TF_Dim(x, 2);
  InParts(positions, heads * half * 2, [&](Index from, Index to) {
    RotatePositions(Floats(x), Floats(cos), Floats(sin), y, from, to, tables, heads, half, NumberOf(sign));
  });
}

}  // namespace safe
