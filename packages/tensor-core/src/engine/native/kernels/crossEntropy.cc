/* Cross-entropy of rows of logits against one token each, with its gradient. */
#include <cmath>

#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "run.h"

namespace safe {

static EVERY_PROCESSOR void EntropyRows(const float* logits, const int32_t* id, const float* weight, float* losses,
                                        float* d, Index from, Index to, Index vocab) {
  for (Index r = from; r < to; r++) {
    const float* row = logits + r * vocab;
    float* out = d + r * vocab;
    const float top = Largest(row, vocab);
    // sums of 1,024 terms each, summed in double precision
    double sum = 0.0;
    for (Index start = 0; start < vocab; start += 1024) {
      Lanes part = All(0.0f);
      IN_LANES (start, (start + 1024 < vocab ? start + 1024 : vocab)) {
        const Lanes e = Exp(Load(row + i, n, -INFINITY) - top);
        part += e;
        Store(out + i, e, n);
      }
      sum += Sum(part);
    }
    const Index target = id[r];
    losses[r] = static_cast<float>(std::log(sum)) - (row[target] - top);
    const float factor = static_cast<float>(weight[r] / sum);
    IN_LANES (0, vocab) Store(out + i, Load(out + i, n) * factor, n);
    out[target] -= weight[r];
  }
}

void TokenCrossEntropy(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *logits = run.In(0), *id = run.In(1), *weight = run.In(2);
  if (!run.Good()) return;
  const Index vocab = LastOf(logits), rows = TF_Dim(logits, 0);
  if (TF_NumDims(logits) != 2 || SizeOf(id) != rows || SizeOf(weight) != rows)
    return run.Fail("tokens or weights do not fit the rows");
  const int32_t* ids = static_cast<const int32_t*>(TF_TensorData(id));
  for (Index r = 0; r < rows; r++)
    if (ids[r] < 0 || ids[r] >= vocab) return run.Fail("a token is not in the vocabulary");
  float* losses = run.Out(0, {rows});
  float* d = run.Out(1, ShapeOf(logits));
  if (!run.Good()) return;
  InParts(rows, vocab,
          [&](Index from, Index to) { EntropyRows(Floats(logits), ids, Floats(weight), losses, d, from, to, vocab); });
}

}  // namespace safe
