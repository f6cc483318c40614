/** The single operations that are measured, decoded from `operations.json`. */
import { isLeft } from 'fp-ts/Either'
import * as t from 'io-ts'

// model ------------------------------------------------------------------------------------------

const CaseCodec = t.intersection([
  t.type({ name: t.string }),
  t.partial({
    /** Batch, rows, inner width, columns. */
    product: t.tuple([t.number, t.number, t.number, t.number]),
    /** Whether the right operand is stored transposed, as weights are. */
    transposed: t.boolean,
    /** Number of elements of an addition. */
    add: t.number,
    /** Number of elements of an addition whose result is read back to the host. */
    read: t.number,
  }),
])

const ListCodec = t.type({ samples: t.number, targetSeconds: t.number, cases: t.array(CaseCodec) })

export type Case = t.TypeOf<typeof CaseCodec>
export type CaseList = t.TypeOf<typeof ListCodec>

// decoding ---------------------------------------------------------------------------------------

export const casesOf = (json: string): CaseList => {
  const decoded = ListCodec.decode(JSON.parse(json))
  if (isLeft(decoded)) throw new Error('not a list of operations')
  return decoded.right
}

/** Floating-point operations of a product, bytes moved by an addition. */
export const sizeOf = (c: Case): number =>
  c.product !== undefined ? 2 * c.product.reduce((a, b) => a * b, 1) : 12 * (c.add ?? c.read ?? 0)
