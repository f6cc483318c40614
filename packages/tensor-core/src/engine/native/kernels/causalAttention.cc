/*
 * Causal attention of whole rows, and its gradient. Scores and weights of a block of queries are the only ones in memory; what
 * a later position would see is not computed at all.
 */
#include <cmath>
#include <vector>

#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "run.h"
#include "tiles.h"

namespace safe {

namespace {

/** Queries whose weights are computed together. */
constexpr Index kBlock = 32;
/** Keys of one tile of a product. */
constexpr Index kTile = 2 * kLanes;

/** q, dq, context, dContext are [rows, length, heads, width]; k, v are of `groups` heads. */
struct Causal {
  const float *q, *k, *v;
  Index rows, length, heads, groups, width;
  float factor;
  Index window;

  Index HeadAt(Index n, Index h) const { return (n * length * heads + h) * width; }
  Index GroupAt(Index n, Index h) const { return (n * length * groups + h / (heads / groups)) * width; }
};

/** Positions apart in memory, for one head and for one head of keys. */
inline Index HeadRow(const Causal& c) { return c.heads * c.width; }
inline Index GroupRow(const Causal& c) { return c.groups * c.width; }

/** A block of queries, and the keys that it sees: those from `first` up to `to`. */
struct Seen {
  Index from, to, first;
  Index Queries() const { return to - from; }
  Index Keys() const { return to - first; }
  /** Room for the keys of one query: whole tiles. */
  Index Wide() const { return (Keys() + kTile - 1) / kTile * kTile; }
};

inline Seen SeenBy(const Causal& c, Index block) {
  const Index from = block * kBlock, to = from + kBlock < c.length ? from + kBlock : c.length;
  return {from, to, c.window > 0 && from - c.window + 1 > 0 ? from - c.window + 1 : 0};
}

/** Weights of a block of queries. */
inline size_t StripOf(const Causal& c) { return static_cast<size_t>(kBlock * (c.length + kTile)); }

/** How far the rows of a transposed head are apart: room for whole tiles, and no power of two, which would crowd a few sets of
 * the cache. */
inline Index Apart(const Causal& c) { return (c.length / kTile + 2) * kTile + kLanes; }

}  // namespace

/** Keys or values of one head, positions first, to [width, positions]. */
INLINE void Transposed(const Causal& c, const float* x, float* y) {
  const Index row = GroupRow(c), apart = Apart(c);
  for (Index t = 0; t < c.length; t += kLanes) {
    const Index part = c.length - t < kLanes ? c.length - t : kLanes;
    for (Index i = 0; i < c.width; i++)
      for (Index j = 0; j < part; j++) y[i * apart + t + j] = x[(t + j) * row + i];
  }
}

/** Softmax of the scores of each query of a block over the keys it sees; zero where it sees none. */
INLINE void Weigh(const Causal& c, const Seen& s, float* weights) {
  const Index wide = s.Wide();
  for (Index t = s.from; t < s.to; t++) {
    float* row = weights + (t - s.from) * wide;
    const Index oldest = c.window > 0 && t - c.window + 1 > s.first ? t - c.window + 1 - s.first : 0;
    const Index newest = t + 1 - s.first, used = (newest + kLanes - 1) / kLanes * kLanes;
    for (Index i = 0; i < oldest; i++) row[i] = -INFINITY;
    for (Index i = newest; i < used; i++) row[i] = -INFINITY;
    const float top = Largest(row, used);
    Lanes sum = All(0.0f);
    IN_LANES (0, used) {
      const Lanes e = Exp((Load(row + i, kLanes) - top) * c.factor);
      sum += e;
      Store(row + i, e, kLanes);
    }
    const float inverse = 1.0f / Sum(sum);
    IN_LANES (0, used) Store(row + i, Load(row + i, kLanes) * inverse, kLanes);
    IN_LANES (used, wide) Store(row + i, All(0.0f), kLanes);
  }
}

/** @param keys the head's keys, transposed @param weights [queries, Wide] */
INLINE void Weights(const Causal& c, Index head, const Seen& s, const float* keys, float* weights) {
  Multiply({c.q + head + s.from * HeadRow(c), HeadRow(c), 1}, keys + s.first, Apart(c), weights, s.Wide(), s.Queries(),
           s.Wide(), c.width, false);
  Weigh(c, s, weights);
}

static EVERY_PROCESSOR void AttendHeads(const Causal& c, float* context, Index from, Index to) {
  std::vector<float> keys(static_cast<size_t>(c.width * Apart(c))), weights(StripOf(c));
  Index transposed = -1;
  for (Index at = from; at < to; at++) {
    const Index n = at / c.heads, h = at % c.heads, head = c.HeadAt(n, h), group = c.GroupAt(n, h);
    if (group != transposed) Transposed(c, c.k + group, keys.data());
    transposed = group;
    for (Index block = 0; block * kBlock < c.length; block++) {
      const Seen s = SeenBy(c, block);
      Weights(c, head, s, keys.data(), weights.data());
      Multiply({weights.data(), s.Wide(), 1}, c.v + group + s.first * GroupRow(c), GroupRow(c),
               context + head + s.from * HeadRow(c), HeadRow(c), s.Queries(), c.width, s.Keys(), false);
    }
  }
}

/** ds = factor w (dw - sum(dw w)) for each query of a block; in place of dw. */
INLINE void WeighBack(const Causal& c, const Seen& s, const float* weights, float* dw) {
  const Index wide = s.Wide();
  for (Index t = 0; t < s.Queries(); t++) {
    const float* w = weights + t * wide;
    float* d = dw + t * wide;
    const float sum = Dot(d, w, wide);
    IN_LANES (0, wide) Store(d + i, (Load(d + i, kLanes) - sum) * Load(w + i, kLanes) * c.factor, kLanes);
  }
}

/** Gradients of the queries of each head, and each head's share of those of its keys and values, [rows, heads, length, width]. */
static EVERY_PROCESSOR void AttendHeadsBack(const Causal& c, const float* dContext, float* dq, float* dk, float* dv,
                                            Index from, Index to) {
  const size_t area = static_cast<size_t>(c.width * Apart(c)), strip = StripOf(c);
  std::vector<float> keys(area), values(area), weights(strip), dScores(strip);
  Index transposed = -1;
  for (Index at = from; at < to; at++) {
    const Index n = at / c.heads, h = at % c.heads, head = c.HeadAt(n, h), group = c.GroupAt(n, h);
    float *dKeys = dk + at * c.length * c.width, *dValues = dv + at * c.length * c.width;
    std::memset(dKeys, 0, static_cast<size_t>(c.length * c.width) * sizeof(float));
    std::memset(dValues, 0, static_cast<size_t>(c.length * c.width) * sizeof(float));
    if (group != transposed) {
      Transposed(c, c.k + group, keys.data());
      Transposed(c, c.v + group, values.data());
    }
    transposed = group;
    for (Index block = 0; block * kBlock < c.length; block++) {
      const Seen s = SeenBy(c, block);
      const Index queries = s.Queries(), keysSeen = s.Keys(), wide = s.Wide(), place = head + s.from * HeadRow(c);
      float *w = weights.data(), *ds = dScores.data();
      Weights(c, head, s, keys.data(), w);
      Multiply({dContext + place, HeadRow(c), 1}, values.data() + s.first, Apart(c), ds, wide, queries, wide, c.width,
               false);
      Multiply({w, 1, wide}, dContext + place, HeadRow(c), dValues + s.first * c.width, c.width, keysSeen, c.width,
               queries, true);
      WeighBack(c, s, w, ds);
      Multiply({ds, wide, 1}, c.k + group + s.first * GroupRow(c), GroupRow(c), dq + place, HeadRow(c), queries,
               c.width, keysSeen, false);
      Multiply({ds, 1, wide}, c.q + place, HeadRow(c), dKeys + s.first * c.width, c.width, keysSeen, c.width, queries,
               true);
    }
  }
}

/** The shares of the heads of one head of keys added up, for positions [from, to) of all rows. */
static EVERY_PROCESSOR void AddShares(const Causal& c, const float* shares, float* d, Index from, Index to) {
  const Index members = c.heads / c.groups;
  for (Index at = from; at < to; at++) {
    const Index n = at / c.length, t = at % c.length;
    for (Index g = 0; g < c.groups; g++) {
      float* out = d + (at * c.groups + g) * c.width;
      const float* share = shares + ((n * c.heads + g * members) * c.length + t) * c.width;
      IN_LANES (0, c.width) {
        Lanes sum = Load(share + i, n);
        for (Index m = 1; m < members; m++) sum += Load(share + m * c.length * c.width + i, n);
        Store(out + i, sum, n);
      }
    }
  }
}

// the ops -----------------------------------------------------------------------------------------

/** Reads queries, keys, values and the rule [factor, window]; false where they do not fit each other. */
static bool Read(const TF_Tensor* q, const TF_Tensor* k, const TF_Tensor* v, const TF_Tensor* rule, Causal* c) {
  if (TF_NumDims(q) != 4 || TF_NumDims(k) != 4 || TF_NumDims(v) != 4 || SizeOf(rule) != 2) return false;
  *c = {Floats(q),    Floats(k),    Floats(v),    TF_Dim(q, 0),    TF_Dim(q, 1),
        TF_Dim(q, 2), TF_Dim(k, 2), TF_Dim(q, 3), Floats(rule)[0], static_cast<Index>(Floats(rule)[1])};
  return c->groups > 0 && c->heads % c->groups == 0 && SizeOf(k) == c->rows * c->length * c->groups * c->width &&
         SizeOf(v) == SizeOf(k) && c->factor > 0.0f && c->window >= 0;
}

/** Operations of one head's share of a pass with that many products. */
static Index CostOf(const Causal& c, Index products) { return products * c.length * c.length * c.width; }

void CausalAttention(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *q = run.In(0), *k = run.In(1), *v = run.In(2), *rule = run.In(3);
  if (!run.Good()) return;
  Causal c;
  if (!Read(q, k, v, rule, &c)) return run.Fail("queries, keys, values and their rule do not fit each other");
  float* out = run.Out(0, {c.rows * c.length, c.heads * c.width});
  if (!run.Good()) return;
  InParts(c.rows * c.heads, CostOf(c, 2), [&](Index from, Index to) { AttendHeads(c, out, from, to); });
}

void CausalAttentionPullback(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor *q = run.In(0), *k = run.In(1), *v = run.In(2), *dContext = run.In(3), *rule = run.In(4);
  if (!run.Good()) return;
  Causal c;
  if (!Read(q, k, v, rule, &c) || SizeOf(dContext) != SizeOf(q))
    return run.Fail("queries, keys, values, gradient and their rule do not fit each other");
  float *dq = run.Out(0, ShapeOf(q)), *dk = run.Out(1, ShapeOf(k)), *dv = run.Out(2, ShapeOf(v));
  if (!run.Good()) return;
  const size_t size = static_cast<size_t>(SizeOf(q));
  std::vector<float> shares(2 * size);
  float *keys = shares.data(), *values = shares.data() + size;
  InParts(c.rows * c.heads, CostOf(c, 5),
          [&](Index from, Index to) { AttendHeadsBack(c, Floats(dContext), dq, keys, values, from, to); });
  InParts(c.rows * c.length, 2 * c.heads * c.width, [&](Index from, Index to) {
    AddShares(c, keys, dk, from, to);
    AddShares(c, values, dv, from, to);
  });
}

}  // namespace safe
