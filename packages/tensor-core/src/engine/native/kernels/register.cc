/* Registers the ops with TensorFlow when Node loads this library as an addon; it exports whether that succeeded. */
#include <node_api.h>

#include <vector>

#include "ops.h"
#include "run.h"

namespace safe {
namespace {

void AnyShape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

struct Description {
  const char* name;
  std::vector<const char*> inputs, outputs;
  bool number;
  void (*compute)(void*, TF_OpKernelContext*);
  /** Type attributes: float32 or bfloat16 each. */
  std::vector<const char*> types = {};
};

bool Register(const Description& d) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(d.name);
  for (const char* input : d.inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : d.outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  if (d.number) TF_OpDefinitionBuilderAddAttr(op, "number: float");
  for (const char* type : d.types) TF_OpDefinitionBuilderAddAttr(op, type);
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, AnyShape);
  TF_RegisterOpDefinition(op, status);
  bool good = TF_GetCode(status) == 0;
  if (good) {
    TF_KernelBuilder* kernel =
        TF_NewKernelBuilder(d.name, "CPU", d.number ? Number : nullptr, d.compute, d.number ? DeleteNumber : nullptr);
    TF_RegisterKernelBuilder(d.name, kernel, status);
    good = TF_GetCode(status) == 0;
  }
  TF_DeleteStatus(status);
  return good;
}

bool RegisterAll() {
  const std::vector<Description> all = {
      {"SafeRmsNorm", {"x: float", "gain: float"}, {"y: float", "scale: float"}, true, RmsNorm},
      {"SafeScaleRows", {"x: float", "scale: float", "gain: float"}, {"y: float"}, false, ScaleRows},
      {"SafeRmsNormPullback",
       {"dy: float", "x: float", "scale: float", "gain: float"},
       {"dx: float"},
       false,
       RmsNormPullback},
      {"SafeRotateHalves", {"x: float", "cos: float", "sin: float"}, {"y: float"}, true, RotateHalves},
      {"SafeGatedSilu", {"gate: float", "up: float"}, {"y: float"}, false, GatedSilu},
      {"SafeGatedSiluPullback",
       {"gate: float", "up: float", "dy: float"},
       {"dgate: float", "dup: float"},
       false,
       GatedSiluPullback},
      {"SafeGatedGelu", {"gate: float", "up: float"}, {"y: float"}, false, GatedGelu},
      {"SafeGatedGeluPullback",
       {"gate: float", "up: float", "dy: float"},
       {"dgate: float", "dup: float"},
       false,
       GatedGeluPullback},
      {"SafeAdamW",
       {"p: float", "m: float", "v: float", "g: float", "constants: float"},
       {"nextp: float", "nextm: float", "nextv: float"},
       false,
       AdamW},
      {"SafeAdamWInPlace",
       {"p: float", "m: float", "v: float", "g: float", "constants: float"},
       {"size: float"},
       false,
       AdamWInPlace},
      {"SafeCausalAttention",
       {"q: float", "k: float", "v: float", "rule: float"},
       {"context: float"},
       false,
       CausalAttention},
      {"SafeCausalAttentionPullback",
       {"q: float", "k: float", "v: float", "dcontext: float", "rule: float"},
       {"dq: float", "dk: float", "dv: float"},
       false,
       CausalAttentionPullback},
      {"SafeMaskedSoftmax", {"x: float", "mask: float"}, {"y: float"}, false, MaskedSoftmax},
      {"SafeSoftmaxPullback", {"dw: float", "w: float"}, {"ds: float"}, true, SoftmaxPullback},
      {"SafeTokenCrossEntropy",
       {"logits: float", "id: int32", "weight: float"},
       {"losses: float", "dlogits: float"},
       false,
       TokenCrossEntropy},
      {"SafeCachedAttention",
       {"q: float", "k: float", "v: float", "cos: float", "sin: float", "keys: float", "values: float", "mask: float"},
       {"context: float"},
       true,
       CachedAttention},
      {"SafeRowsProduct", {"x: float", "w: T"}, {"y: float"}, true, RowsProduct, {"T: {float, bfloat16}"}},
      {"SafeDecoderLayer",
       {"x: float",          "q: T",           "k: T",           "v: T",          "o: T",      "gate: T",
        "up: T",             "down: T",        "qbias: float",   "kbias: float",  "vbias: float", "obias: float",
        "gatebias: float",   "upbias: float",  "downbias: float", "inputnorm: float", "qnorm: float", "knorm: float",
        "afterattention: float", "mlpnorm: float", "aftermlp: float", "cos: float", "sin: float", "keys: float",
        "values: float",     "mask: float",    "numbers: float"},
       {"y: float"},
       false,
       DecoderLayer,
       {"T: {float, bfloat16}"}},
      {"SafeTokenScores", {"logits: float", "id: int32"}, {"logprobs: float", "best: float"}, false, TokenScores},
      {"SafeLargestLogit", {"logits: float"}, {"largest: float", "best: float"}, false, LargestLogit}};
  for (const Description& d : all)
    if (!Register(d)) return false;
  return true;
}

}  // namespace
}  // namespace safe

NAPI_MODULE_INIT() {
  static const bool registered = safe::RegisterAll();
  napi_value value;
  napi_get_boolean(env, registered, &value);
  napi_set_named_property(env, exports, "registered", value);
  return exports;
}
