/* Rows of logits: the log-probability of one token of each, the most probable token, its logit. */
#include <algorithm>
#include <cmath>
#include <vector>

#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "run.h"

namespace safe {

/** Terms summed in single precision before they are added in double. */
constexpr Index kBlock = 1024;

static EVERY_PROCESSOR void ScoreRows(const float* logits, const int32_t* id, float* logProbs, float* best, Index from,
                                      Index to, Index vocab, bool sums) {
  for (Index r = from; r < to; r++) {
    const float* row = logits + r * vocab;
    const float top = Largest(row, vocab);
    Index first = 0;
    while (first < vocab && row[first] != top) first++;
    best[r] = static_cast<float>(first < vocab ? first : 0);
    if (!sums) {
      logProbs[r] = top;
      continue;
    }
    double sum = 0.0;
    for (Index start = 0; start < vocab; start += kBlock) {
      Lanes part = All(0.0f);
      const Index end = start + kBlock < vocab ? start + kBlock : vocab;
      IN_LANES (start, end) part += Exp(Load(row + i, n, -INFINITY) - top);
      sum += Sum(part);
    }
    logProbs[r] = static_cast<float>(static_cast<double>(row[id[r]]) - top - std::log(sum));
  }
}

/** logits [rows, vocab], id [rows] -> log-probability of each row's token, most probable token (lowest id on ties). */
void TokenScores(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *logits = run.In(0), *id = run.In(1);
  if (!run.Good()) return;
  const Index vocab = LastOf(logits), rows = TF_Dim(logits, 0);
  if (TF_NumDims(logits) != 2 || SizeOf(id) != rows) return run.Fail("tokens do not fit the rows");
  const int32_t* ids = static_cast<const int32_t*>(TF_TensorData(id));
  for (Index r = 0; r < rows; r++)
    if (ids[r] < 0 || ids[r] >= vocab) return run.Fail("a token is not in the vocabulary");
  float* logProbs = run.Out(0, {rows});
  float* best = run.Out(1, {rows});
  if (!run.Good()) return;
  InParts(rows, vocab,
          [&](Index from, Index to) { ScoreRows(Floats(logits), ids, logProbs, best, from, to, vocab, true); });
}

/** logits [rows, vocab] -> the largest of each row, and its place (the first on ties). */
void LargestLogit(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor* logits = run.In(0);
  if (!run.Good()) return;
  if (TF_NumDims(logits) != 2) return run.Fail("logits have two dimensions");
  const Index vocab = LastOf(logits), rows = TF_Dim(logits, 0);
  float* largest = run.Out(0, {rows});
  float* best = run.Out(1, {rows});
  if (!run.Good()) return;
  InParts(rows, vocab,
          [&](Index from, Index to) { ScoreRows(Floats(logits), nullptr, largest, best, from, to, vocab, false); });
}

}  // namespace safe
