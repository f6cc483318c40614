/* Inputs, outputs and attributes of one run of an op. */
#pragma once

#include <vector>

#include "parallel.h"
#include "tensorflow.h"

namespace safe {

/** One run of an op: its inputs and outputs, and the error that it reports to TensorFlow when it ends. */
class Run {
 public:
  explicit Run(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Run() {
    if (TF_GetCode(status_) != 0) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* t : held_) TF_DeleteTensor(t);
    TF_DeleteStatus(status_);
  }
  TF_Tensor* In(int i) {
    TF_Tensor* t = nullptr;
    TF_GetInput(context_, i, &t, status_);
    if (t != nullptr) held_.push_back(t);
    return t;
  }
  float* Out(int i, const std::vector<Index>& shape) {
    Index size = 1;
    for (Index d : shape) size *= d;
    TF_Tensor* t = TF_AllocateOutput(context_, i, kFloat, shape.data(), static_cast<int>(shape.size()),
                                     static_cast<size_t>(size) * sizeof(float), status_);
    if (t == nullptr) return nullptr;
    held_.push_back(t);
    return static_cast<float*>(TF_TensorData(t));
  }
  bool Good() const { return TF_GetCode(status_) == 0; }
  void Fail(const char* message) { TF_SetStatus(status_, 3, message); }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> held_;
};

inline float* Floats(const TF_Tensor* t) { return static_cast<float*>(TF_TensorData(t)); }
inline std::vector<Index> ShapeOf(const TF_Tensor* t) {
  std::vector<Index> shape(static_cast<size_t>(TF_NumDims(t)));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(t, static_cast<int>(i));
  return shape;
}
inline Index SizeOf(const TF_Tensor* t) {
  Index size = 1;
  for (Index d : ShapeOf(t)) size *= d;
  return size;
}
inline Index LastOf(const TF_Tensor* t) { return TF_NumDims(t) == 0 ? 1 : TF_Dim(t, TF_NumDims(t) - 1); }

/** The one number that an op of ours may take: epsilon, a factor, a direction. */
inline void* Number(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  float* number = new float(0.0f);
  TF_OpKernelConstruction_GetAttrFloat(construction, "number", number, status);
  TF_DeleteStatus(status);
  return number;
}
inline void DeleteNumber(void* number) { delete static_cast<float*>(number); }
inline float NumberOf(void* number) { return *static_cast<float*>(number); }

}  // namespace safe
