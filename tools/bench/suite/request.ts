/** The request of one measurement; both sides get the same record. */
import { isLeft } from 'fp-ts/Either'
import * as t from 'io-ts'

// model ------------------------------------------------------------------------------------------

const Dtype = t.keyof({ float32: null, bfloat16: null })

const RequestCodec = t.type({
  /** The type in which frozen weights are stored. */
  dtype: Dtype,
  /** The type of the checkpoint that is loaded. */
  file: Dtype,
  /** Name of the file of training rows, without `.jsonl`. */
  rows: t.string,
  batch: t.number,
  repeat: t.number,
  newTokens: t.number,
  /** Sizes of the square products whose best speed is used as the machine's. */
  products: t.array(t.number),
})

export type Dtype = t.TypeOf<typeof Dtype>
export type Request = t.TypeOf<typeof RequestCodec>

// decoding ---------------------------------------------------------------------------------------

export const requestOf = (json: string): Request => {
  const decoded = RequestCodec.decode(JSON.parse(json))
  if (isLeft(decoded)) throw new Error(`not a request: ${json}`)
  return decoded.right
}
