/* The ops of this library; each is described to TensorFlow in register.cc. */
#pragma once

#include "tensorflow.h"

namespace safe {

void RmsNorm(void* number, TF_OpKernelContext* context);
void ScaleRows(void* number, TF_OpKernelContext* context);
void RmsNormPullback(void* number, TF_OpKernelContext* context);
void RotateHalves(void* number, TF_OpKernelContext* context);
void GatedSilu(void* number, TF_OpKernelContext* context);
void GatedSiluPullback(void* number, TF_OpKernelContext* context);
void MaskedSoftmax(void* number, TF_OpKernelContext* context);
void SoftmaxPullback(void* number, TF_OpKernelContext* context);
void TokenCrossEntropy(void* number, TF_OpKernelContext* context);
void CachedAttention(void* number, TF_OpKernelContext* context);
void GatedGelu(void* number, TF_OpKernelContext* context);
void GatedGeluPullback(void* number, TF_OpKernelContext* context);
void AdamW(void* number, TF_OpKernelContext* context);
void AdamWInPlace(void* number, TF_OpKernelContext* context);
void CausalAttention(void* number, TF_OpKernelContext* context);
void CausalAttentionPullback(void* number, TF_OpKernelContext* context);
void RowsProduct(void* number, TF_OpKernelContext* context);
void DecoderLayer(void* number, TF_OpKernelContext* context);
void TokenScores(void* number, TF_OpKernelContext* context);
void LargestLogit(void* number, TF_OpKernelContext* context);

}  // namespace safe
