/* One decoder layer over a few new positions of a cache, as one op: norms, products, attention, the gated MLP. */
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "cachedAttention.h"
#include "fewRows.h"
#include "lanes.h"
#include "ops.h"
#include "parallel.h"
#include "phases.h"
#include "run.h"

namespace safe {

namespace {

/** The op's inputs in their order; an absent norm or bias is empty. */
enum Input {
  kX,
  kMatrices,
  kBiases = kMatrices + 7,
  kInputNorm = kBiases + 7,
  kQueryNorm,
  kKeyNorm,
  kAfterAttention,
  kMlpNorm,
  kAfterMlp,
  kCos,
  kSin,
  kKeys,
  kValues,
  kMask,
  kNumbers,
};

/** The modules, in the order of the matrices and biases. */
enum Module { kQ, kK, kV, kO, kGate, kUp, kDown };

/** The op's numbers. */
struct Numbers {
  float epsilon, factor, residual, gelu, rounded;
};

/** A vector of the op's inputs, or nothing. */
const float* VectorOf(const TF_Tensor* t) { return SizeOf(t) == 0 ? nullptr : Floats(t); }

static EVERY_PROCESSOR void Normalise(const float* x, const float* gain, float* y, Index rows, Index width,
                                      float epsilon) {
  for (Index r = 0; r < rows; r++) {
    const float* row = x + r * width;
    const float s = 1.0f / std::sqrt(Dot(row, row, width) / static_cast<float>(width) + epsilon);
    IN_LANES (0, width) Store(y + r * width + i, Load(row + i, n) * s * Load(gain + i, n), n);
  }
}

/** y = x + factor d */
static EVERY_PROCESSOR void AddTo(const float* x, const float* d, float factor, float* y, Index size) {
  IN_LANES (0, size) Store(y + i, Load(x + i, n) + factor * Load(d + i, n), n);
}

/** gate = a(gate) up, with a the silu or the tanh form of GELU: both are g sigmoid(z(g)). */
static EVERY_PROCESSOR void Activate(float* gate, const float* up, bool gelu, Index size) {
  const float slope = 1.5957691216057308f, cubic = 0.044715f;  // 2 sqrt(2 / pi)
  IN_LANES (0, size) {
    const Lanes g = Load(gate + i, n);
    const Lanes z = gelu ? (g * (g * g * cubic + 1.0f)) * slope : g;
    Store(gate + i, g * Sigmoid(z) * Load(up + i, n), n);
  }
}

struct Layer {
  Matrix matrices[7];
  const float* biases[7];
  Numbers numbers;
  bool brief, rounded;
};

/** The products of some of the modules, all with the same operand. */
struct Products {
  Operand& operand;
  std::vector<Product> list;

  Products(const Layer& layer, Operand& x, std::vector<std::pair<Module, float*>> modules) : operand(x) {
    for (const auto& [module, y] : modules) {
      Product p;
      p.w = layer.matrices[module];
      p.bias = layer.biases[module];
      p.y = y;
      p.stride = p.w.rows;
      p.rounded = layer.rounded;
      list.push_back(p);
    }
  }
  Index Count() const { return Parts(list.data(), static_cast<Index>(list.size())); }
  void Run(Index part) const { MultiplyPart(operand, list.data(), static_cast<Index>(list.size()), part); }
};

/** Memory that a thread keeps from one layer to the next. */
struct Room {
  std::vector<float> values;
  Operand x, attended, middle, gate;
};

}  // namespace

/**
 * x [rows * chunk, width] -> y. The matrices are all float32 or all bfloat16; the cache is written in place, as by
 * CachedAttention.
 */
void DecoderLayer(void*, TF_OpKernelContext* context) {
  Run run(context);
  const TF_Tensor* in[kNumbers + 1];
  for (int i = 0; i <= kNumbers; i++) in[i] = run.In(i);
  if (!run.Good()) return;
  Layer layer;
  for (int m = 0; m < 7; m++) {
    if (!MatrixOf(in[kMatrices + m], &layer.matrices[m])) return run.Fail("a weight is not a matrix");
    layer.biases[m] = VectorOf(in[kBiases + m]);
    if (layer.biases[m] != nullptr && SizeOf(in[kBiases + m]) != layer.matrices[m].rows)
      return run.Fail("a bias does not fit its matrix");
    if (layer.matrices[m].brief != layer.matrices[0].brief) return run.Fail("the matrices are of several types");
  }
  if (SizeOf(in[kNumbers]) != 5) return run.Fail("a layer takes five numbers");
  std::memcpy(&layer.numbers, Floats(in[kNumbers]), sizeof layer.numbers);
  layer.brief = layer.matrices[0].brief;
  layer.rounded = layer.numbers.rounded != 0.0f;
  const TF_Tensor *x = in[kX], *keys = in[kKeys], *values = in[kValues], *mask = in[kMask], *cos = in[kCos];
  if (TF_NumDims(x) != 2 || TF_NumDims(keys) != 4 || TF_NumDims(mask) != 4 || TF_NumDims(cos) != 4)
    return run.Fail("states have two dimensions; cache, tables and mask have four");
  const Index count = TF_Dim(x, 0), width = TF_Dim(x, 1), rows = TF_Dim(keys, 0);
  const Matrix* w = layer.matrices;
  const Index wide = w[kGate].rows;
  Cached c;
  c.chunk = TF_Dim(mask, 2);
  c.groups = TF_Dim(keys, 1);
  c.capacity = TF_Dim(keys, 2);
  c.width = TF_Dim(keys, 3);
  c.total = TF_Dim(mask, 3);
  c.heads = c.width == 0 ? 0 : w[kQ].rows / c.width;
  c.tableRows = TF_Dim(cos, 0);
  c.factor = layer.numbers.factor;
  const Index inner = c.heads * c.width, shared = c.groups * c.width;
  const bool fits = count == rows * c.chunk && c.groups > 0 && c.heads > 0 && c.heads % c.groups == 0 &&
                    c.width % 2 == 0 && SizeOf(values) == SizeOf(keys) && c.total >= c.chunk && c.total <= c.capacity &&
                    SizeOf(mask) == count * c.total && c.tableRows > 0 && rows % c.tableRows == 0 &&
                    SizeOf(cos) == c.tableRows * c.chunk * c.width / 2 && SizeOf(in[kSin]) == SizeOf(cos) &&
                    w[kQ].rows == inner && w[kQ].cols == width && w[kK].rows == shared && w[kK].cols == width &&
                    w[kV].rows == shared && w[kV].cols == width && w[kO].rows == width && w[kO].cols == inner &&
                    w[kGate].cols == width && w[kUp].rows == wide && w[kUp].cols == width && w[kDown].rows == width &&
                    w[kDown].cols == wide;
  if (!fits) return run.Fail("the states, the weights, the cache and the mask do not fit each other");
  const auto normFits = [&](Input at, Index over, Index size) {
    const Index own = SizeOf(in[at]);
    return own == 0 || own == size || (over > 0 && own == over);
  };
  if (!normFits(kInputNorm, 0, width) || !normFits(kQueryNorm, c.width, inner) ||
      !normFits(kKeyNorm, c.width, shared) || !normFits(kAfterAttention, 0, width) ||
      !normFits(kMlpNorm, 0, width) || !normFits(kAfterMlp, 0, width))
    return run.Fail("a norm does not fit the states");
  float* y = run.Out(0, {count, width});
  if (!run.Good()) return;

  // One row's norm where there is one, head by head where it is as wide as a head; returns where the result is.
  const auto normed = [&](Input at, const float* from, float* to, Index size) {
    const Index own = SizeOf(in[at]);
    if (own > 0) Normalise(from, Floats(in[at]), to, size / own, own, layer.numbers.epsilon);
    return own > 0 ? static_cast<const float*>(to) : from;
  };
  static thread_local Room kept;
  Room& room = kept;  // this thread's, for all threads
  room.values.resize(static_cast<size_t>(count * (3 * width + 2 * inner + 2 * shared + 2 * wide)));
  float* states = room.values.data();
  float* added = states + count * width;
  float* middle = added + count * width;
  float* q = middle + count * width;
  float* attended = q + count * inner;
  float* k = attended + count * inner;
  float* v = k + count * shared;
  float* gate = v + count * shared;
  float* up = gate + count * wide;
  c.q = q;
  c.k = k;
  c.v = v;
  c.cos = Floats(cos);
  c.sin = Floats(in[kSin]);
  c.mask = Floats(mask);
  c.keys = Floats(keys);
  c.values = Floats(values);
  c.context = attended;
  room.x.Prepare(count, width, layer.brief, layer.rounded);
  room.attended.Prepare(count, inner, layer.brief, layer.rounded);
  room.middle.Prepare(count, width, layer.brief, layer.rounded);
  room.gate.Prepare(count, wide, layer.brief, layer.rounded);
  const Products into(layer, room.x, {{kQ, q}, {kK, k}, {kV, v}}), out(layer, room.attended, {{kO, added}}),
      wider(layer, room.middle, {{kGate, gate}, {kUp, up}}), back(layer, room.gate, {{kDown, added}});
  const float residual = layer.numbers.residual;
  const float* first = Floats(x);

  Phases phases;
  phases.Add(count, [&](Index r) {
    room.x.SetRow(r, normed(kInputNorm, first + r * width, states + r * width, width));
  });
  phases.Add(into.Count(), [&](Index part) { into.Run(part); });
  if (SizeOf(in[kQueryNorm]) + SizeOf(in[kKeyNorm]) > 0)
    phases.Add(count, [&](Index r) {
      normed(kQueryNorm, q + r * inner, q + r * inner, inner);
      normed(kKeyNorm, k + r * shared, k + r * shared, shared);
    });
  phases.Add(rows * c.groups, [&](Index at) { AttendGroups(c, at, at + 1); });
  phases.Add(count, [&](Index r) { room.attended.SetRow(r, attended + r * inner); });
  phases.Add(out.Count(), [&](Index part) { out.Run(part); });
  phases.Add(count, [&](Index r) {
    float* own = middle + r * width;
    AddTo(first + r * width, normed(kAfterAttention, added + r * width, added + r * width, width), residual, own,
          width);
    room.middle.SetRow(r, normed(kMlpNorm, own, states + r * width, width));
  });
  phases.Add(wider.Count(), [&](Index part) { wider.Run(part); });
  phases.Add(count, [&](Index r) {
    Activate(gate + r * wide, up + r * wide, layer.numbers.gelu != 0.0f, wide);
    room.gate.SetRow(r, gate + r * wide);
  });
  phases.Add(back.Count(), [&](Index part) { back.Run(part); });
  phases.Add(count, [&](Index r) {
    AddTo(middle + r * width, normed(kAfterMlp, added + r * width, added + r * width, width), residual, y + r * width,
          width);
  });
  phases.Run(count * width * (inner + wide));
}

}  // namespace safe
