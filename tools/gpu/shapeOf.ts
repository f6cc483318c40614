/** The shape a GPU is measured with: a name of tools/bench/suite/shapes.ts, and what is changed of it, as JSON. */
import { isLeft } from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Shape, shapes } from '../bench/suite/shapes'

/** Only what may be changed; a misspelt name is refused. */
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
  const asked: unknown = JSON.parse(json)
  const decoded = Changes.decode(asked)
  const given = typeof asked === 'object' && asked !== null ? Object.keys(asked).length : -1
  if (isLeft(decoded) || Object.keys(decoded.right).length !== given) throw new Error(`not a shape: ${json}`)
  const { shape: name = 'smollm2', ...changes } = decoded.right
  const shape = shapes.get(name)
  if (shape === undefined) throw new Error(`there is no shape ${name}`)
  return { ...shape, ...changes }
}
