/** The shape that is measured on a GPU: a name of tools/bench/suite/shapes.ts and changes to it, as JSON. */
import { isLeft } from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Shape, shapes } from '../bench/suite/shapes'

/** The fields that may be changed; an unknown field is refused. */
const Changes = t.exact(
  t.partial({
    shape: t.string,
    layers: t.number,
    hidden: t.number,
    intermediate: t.number,
    heads: t.number,
    kvHeads: t.number,
    vocab: t.number,
    rank: t.number,
    rows: t.number,
    length: t.number,
    prompt: t.number,
    newTokens: t.number,
    repeat: t.number,
    products: t.array(t.number),
  }),
)

/** `{"shape":"smollm2","rows":1}`: one of the suite's shapes with other numbers. Throws on anything else. */
export const shapeOf = (json: string): Shape => {
  const parsed: unknown = JSON.parse(json)
  const decoded = Changes.decode(parsed)
  const given = typeof parsed === 'object' && parsed !== null ? Object.keys(parsed).length : -1
  if (isLeft(decoded) || Object.keys(decoded.right).length !== given) throw new Error(`not a shape: ${json}`)
  const { shape: name = 'smollm2', ...changes } = decoded.right
  const shape = shapes.get(name)
  if (shape === undefined) throw new Error(`there is no shape ${name}`)
  return { ...shape, ...changes }
}
