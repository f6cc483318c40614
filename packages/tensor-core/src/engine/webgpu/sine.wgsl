// sine of every entry; TensorFlow.js's shader provides `uniforms`, the reader of A and the writer of the result.
fn main(index : i32) {
  if (index < uniforms.size) {
    setOutputAtIndex(index, shiftedSine(getAByOutputIndex(index), 0));
  }
}
