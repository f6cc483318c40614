/** The shape a GPU is measured with: a name of tools/bench/suite/shapes.ts, and what is changed of it, as JSON. */
import { type Shape, shapes } from '../bench/suite/shapes'

/** `{"shape":"smollm2","rows":1}`: one of the suite's shapes with other numbers. Throws on anything else. */
export const shapeOf = (json: string): Shape => {
  const asked: unknown = JSON.parse(json)
  if (typeof asked !== 'object' || asked === null) throw new Error(`not a shape: ${json}`)
  const { shape: name, ...changes } = { shape: 'smollm2', ...asked }
  const shape = shapes.get(name)
  if (shape === undefined) throw new Error(`there is no shape ${name}`)
  for (const [key, value] of Object.entries(changes))
    if (!(key in shape) || typeof value !== 'number')
      throw new Error(`a shape has no ${key} ${String(value)}`)
  return { ...shape, ...changes }
}
