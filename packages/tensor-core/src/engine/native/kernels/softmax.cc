/* The softmax of masked scores along rows, and its gradient. */
#include "softmax.h"

#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "run.h"

namespace safe {

static EVERY_PROCESSOR void SoftmaxRows(const float* x, const float* mask, float* y, Index from, Index to, Index heads,
                                        Index length, Index keys, Index maskRows) {
  for (Index r = from; r < to; r++) {
    const Index t = r % length, n = r / (length * heads);
    SoftmaxRow(x + r * keys, mask + ((n % maskRows) * length + t) * keys, y + r * keys, keys);
  }
}

void MaskedSoftmax(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *x = run.In(0), *mask = run.In(1);
  if (!run.Good()) return;
  if (TF_NumDims(x) != 4 || TF_NumDims(mask) != 4 || TF_Dim(mask, 1) != 1 || TF_Dim(mask, 2) != TF_Dim(x, 2) ||
      TF_Dim(mask, 3) != TF_Dim(x, 3) || (TF_Dim(mask, 0) != 1 && TF_Dim(mask, 0) != TF_Dim(x, 0)))
    return run.Fail("the mask does not fit the scores");
  float* y = run.Out(0, ShapeOf(x));
  if (!run.Good()) return;
  const Index heads = TF_Dim(x, 1), length = TF_Dim(x, 2), keys = TF_Dim(x, 3), maskRows = TF_Dim(mask, 0);
  InParts(TF_Dim(x, 0) * heads * length, keys * 4, [&](Index from, Index to) {
    SoftmaxRows(Floats(x), Floats(mask), y, from, to, heads, length, keys, maskRows);
  });
}

static EVERY_PROCESSOR void SoftmaxRowsBack(const float* dw, const float* w, float* ds, Index from, Index to,
                                            Index width, float factor) {
  for (Index r = from; r < to; r++) {
    const float *d = dw + r * width, *p = w + r * width;
    const float sum = Dot(d, p, width);
    IN_LANES (0, width) Store(ds + r * width + i, (Load(d + i, n) - sum) * Load(p + i, n) * factor, n);
  }
}

void SoftmaxPullback(void* factor, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *dw = run.In(0), *w = run.In(1);
  if (!run.Good()) return;
  const Index width = LastOf(w);
  if (width == 0 || SizeOf(dw) != SizeOf(w)) return run.Fail("weights and gradient are of different shapes");
  float* ds = run.Out(0, ShapeOf(w));
  if (!run.Good()) return;
  InParts(SizeOf(w) / width, width,
          [&](Index from, Index to) { SoftmaxRowsBack(Floats(dw), Floats(w), ds, from, to, width, NumberOf(factor)); });
}

}  // namespace safe
