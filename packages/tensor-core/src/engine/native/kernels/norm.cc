/* Root-mean-square normalisation of rows, and its gradient. */
#include <cmath>

#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "run.h"

namespace safe {

static EVERY_PROCESSOR void NormRows(const float* x, const float* gain, float* y, float* scale, Index from, Index to,
                                     Index width, float epsilon) {
  for (Index r = from; r < to; r++) {
    const float* row = x + r * width;
    float* out = y + r * width;
    const float s = 1.0f / std::sqrt(Dot(row, row, width) / static_cast<float>(width) + epsilon);
    scale[r] = s;
    IN_LANES (0, width) Store(out + i, Load(row + i, n) * s * Load(gain + i, n), n);
  }
}

void RmsNorm(void* number, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *gain = run.In(1);
  if (!run.Good()) return;
  const Index width = LastOf(x);
  if (width == 0 || SizeOf(gain) != width) return run.Fail("the gain is not as wide as the rows");
  const Index rows = SizeOf(x) / width;
  std::vector<Index> shape = ShapeOf(x);
  float* y = run.Out(0, shape);
  shape.back() = 1;
  float* scale = run.Out(1, shape);
  if (!run.Good()) return;
  InParts(rows, width, [&](Index from, Index to) {
    NormRows(Floats(x), Floats(gain), y, scale, from, to, width, NumberOf(number));
  });
}

static EVERY_PROCESSOR void ScaledRows(const float* x, const float* scale, const float* gain, float* y, Index from,
                                       Index to, Index width) {
  for (Index r = from; r < to; r++)
    IN_LANES (0, width) Store(y + r * width + i, Load(x + r * width + i, n) * scale[r] * Load(gain + i, n), n);
}

void ScaleRows(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *scale = run.In(1), *gain = run.In(2);
  if (!run.Good()) return;
  const Index width = LastOf(x);
  if (width == 0 || SizeOf(gain) != width || SizeOf(scale) * width != SizeOf(x))
    return run.Fail("scale or gain do not fit the rows");
  float* y = run.Out(0, ShapeOf(x));
  if (!run.Good()) return;
  InParts(SizeOf(x) / width, width,
          [&](Index from, Index to) { ScaledRows(Floats(x), Floats(scale), Floats(gain), y, from, to, width); });
}

static EVERY_PROCESSOR void NormRowsBack(const float* dy, const float* x, const float* scale, const float* gain,
                                         float* dx, Index from, Index to, Index width) {
  for (Index r = from; r < to; r++) {
    const float *d = dy + r * width, *row = x + r * width;
    const float s = scale[r];
    Lanes sum = All(0.0f);
    IN_LANES (0, width) sum += Load(d + i, n) * Load(gain + i, n) * Load(row + i, n);
    const float inner = Sum(sum) / static_cast<float>(width) * (s * s * s);
    const float alive = s / s;  // NaN if x^2 has overflowed
    IN_LANES (0, width)
      Store(dx + r * width + i, (Load(d + i, n) * Load(gain + i, n) * s - Load(row + i, n) * inner) * alive, n);
  }
}

void RmsNormPullback(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *dy = run.In(0), *x = run.In(1), *scale = run.In(2), *gain = run.In(3);
  if (!run.Good()) return;
  const Index width = LastOf(x);
  if (width == 0 || SizeOf(gain) != width || SizeOf(scale) * width != SizeOf(x) || SizeOf(dy) != SizeOf(x))
    return run.Fail("gradient, scale or gain do not fit the rows");
  float* dx = run.Out(0, ShapeOf(x));
  if (!run.Good()) return;
  InParts(SizeOf(x) / width, width, [&](Index from, Index to) {
    NormRowsBack(Floats(dy), Floats(x), Floats(scale), Floats(gain), dx, from, to, width);
  });
}

}  // namespace safe
