/**
 * Mutations of JSON: values of other types, numbers out of range, keys that occur twice or are special in JavaScript, deep nesting,
 * long texts, paths that lead elsewhere. They work on the text's tree, so that invalid JSON can be written too.
 */
import type { Random } from './random'

// model ------------------------------------------------------------------------------------------

type Tree =
  | { readonly kind: 'object'; entries: Array<[string, Tree]> }
  | { readonly kind: 'array'; items: Array<Tree> }
  | { readonly kind: 'raw'; text: string }

const treeOf = (u: unknown): Tree =>
  Array.isArray(u)
    ? { kind: 'array', items: u.map(treeOf) }
    : typeof u === 'object' && u !== null
      ? { kind: 'object', entries: Object.entries(u).map(([k, v]) => [k, treeOf(v)]) }
      : { kind: 'raw', text: JSON.stringify(u) }

const textOf = (tree: Tree): string =>
  tree.kind === 'raw'
    ? tree.text
    : tree.kind === 'array'
      ? `[${tree.items.map(textOf).join(',')}]`
      : `{${tree.entries.map(([k, v]) => `${JSON.stringify(k)}:${textOf(v)}`).join(',')}}`

// values -----------------------------------------------------------------------------------------

const values = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1',
  '2',
  '3',
  '7',
  '0.5',
  '1e308',
  '1e999',
  '-1e999',
  '1e-320',
  '9007199254740991',
  '9007199254740993',
  '4294967295',
  '4294967296',
  '2147483648',
  '-2147483648',
  '1e15',
  '10001',
  'NaN',
  'Infinity',
  '01',
  '1.',
  '""',
  '"a"',
  '"0"',
  '"8"',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '[1,2,3]',
  '["a"]',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '"(a+)+$"',
  '"(a|a)*b"',
  '"(.*)*x"',
  '".*"',
  '"("',
  '"[^"',
  '"\\\\"',
  '"(?=(a+))*b"',
  '{"type":"Sequence"}',
  '{"type":"Replace","pattern":{"Regex":"(a+)+$"},"content":"b"}',
  '{"type":"FixedLength","length":0}',
  '"{% for i in range(1000000000) %}x{% endfor %}"',
  '"{{ x.y.z }}"',
  '"{% raw"',
]

const paths = [
  '../outside.safetensors',
  '/etc/passwd',
  '..\\outside.safetensors',
  './model-00001-of-00002.safetensors',
  'sub/../../outside.safetensors',
  'model-00001-of-00002.safetensors\0.txt',
  '\uff0e\uff0e/outside.safetensors',
  'file:///etc/passwd',
  '.outside.safetensors',
  'C:outside.safetensors',
  '..',
  '.',
  '',
  'outside.safetensors/',
  '~/outside.safetensors',
  'model-00001-of-00002.safetensors/../../outside.safetensors',
  '%2e%2e/outside.safetensors',
  '..\u2215outside.safetensors',
  'con.safetensors',
  'a'.repeat(5000) + '.safetensors',
  '\u202emodel.safetensors',
]

const keys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  ' ',
  '\0',
  '\ud800',
  'é',
  '__metadata__',
  'weight_map',
  'a'.repeat(3000),
]

const nested = (depth: number, open: string, close: string): Tree => ({
  kind: 'raw',
  text: open.repeat(depth) + '1' + close.repeat(depth),
})

const value = (random: Random): Tree => {
  switch (random.below(12)) {
    case 0:
      return { kind: 'raw', text: JSON.stringify(random.pick(paths)) }
    case 1:
      return nested(random.pick([5, 70, 300, 20_000]), '[', ']')
    case 2:
      return nested(random.pick([5, 70, 300, 20_000]), '{"a":', '}')
    case 3:
      return {
        kind: 'raw',
        text: JSON.stringify(
          random.pick(['x', 'é', '(', '\\', 'a ']).repeat(random.pick([100, 1001, 70_000])),
        ),
      }
    case 4:
      return {
        kind: 'raw',
        text: `[${Array.from({ length: random.pick([10, 1000, 30_000]) }, () => '1').join(',')}]`,
      }
    case 5:
      return { kind: 'raw', text: `${random.chance(0.5) ? '-' : ''}${'9'.repeat(1 + random.below(400))}` }
    default:
      return { kind: 'raw', text: random.pick(values) }
  }
}

// mutation ---------------------------------------------------------------------------------------

type Place = {
  readonly node: Tree
  readonly set: (tree: Tree) => void
  readonly remove: () => void
  readonly parent?: Tree
  readonly key?: number
}

/** Large tables are not traversed as a whole: all positions of the outline and some inside. */
const placesOf = (root: { tree: Tree }, random: Random): ReadonlyArray<Place> => {
  const places: Array<Place> = []
  const walk = (place: Place): void => {
    places.push(place)
    const { node } = place
    if (node.kind === 'raw') return
    const size = node.kind === 'array' ? node.items.length : node.entries.length
    const chosen =
      size <= 60
        ? Array.from({ length: size }, (_, i) => i)
        : Array.from({ length: 20 }, () => random.below(size))
    for (const i of chosen) {
      if (node.kind === 'array')
        walk({
          node: node.items[i]!,
          set: (t) => (node.items[i] = t),
          remove: () => node.items.splice(i, 1),
          parent: node,
          key: i,
        })
      else
        walk({
          node: node.entries[i]![1],
          set: (t) => (node.entries[i]![1] = t),
          remove: () => node.entries.splice(i, 1),
          parent: node,
          key: i,
        })
    }
  }
  walk({ node: root.tree, set: (t) => (root.tree = t), remove: () => undefined })
  return places
}

const one = (root: { tree: Tree }, random: Random): void => {
  const places = placesOf(root, random)
  const place = random.pick(places)
  const { parent, key } = place
  switch (random.below(9)) {
    case 0:
      place.remove()
      return
    case 1:
      if (parent?.kind === 'object' && key !== undefined && parent.entries[key] !== undefined)
        parent.entries[key][0] = random.pick(keys)
      return
    case 2:
      if (parent?.kind === 'object' && key !== undefined && parent.entries[key] !== undefined)
        parent.entries.push([
          parent.entries[key][0],
          random.chance(0.5) ? { kind: 'raw', text: textOf(place.node) } : value(random),
        ])
      return
    case 3:
      place.set({ kind: 'raw', text: textOf(random.pick(places).node) })
      return
    case 4:
      place.set({ kind: 'array', items: [place.node] })
      return
    case 5:
      if (place.node.kind === 'object') place.node.entries.push([random.pick(keys), value(random)])
      else if (place.node.kind === 'array') place.node.items.push(value(random))
      else place.set(value(random))
      return
    default:
      place.set(value(random))
  }
}

/** A mutant of a valid JSON text. */
export const mutateJson = (text: string, random: Random): string => {
  const root = { tree: treeOf(JSON.parse(text) as unknown) }
  for (let n = 1 + random.below(random.chance(0.7) ? 1 : 4); n > 0; n--) one(root, random)
  return textOf(root.tree)
}
