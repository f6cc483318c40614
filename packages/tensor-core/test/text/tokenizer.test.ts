import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Message } from '../../src/contracts'
import { type TextTokenizer, loadTokenizer } from '../../src/text'

interface Golden {
  readonly name: string
  readonly size: number
  readonly bos: number | null
  readonly eos: number | null
  readonly specialIds: ReadonlyArray<number>
  readonly rows: ReadonlyArray<{
    readonly text: string
    readonly ids: ReadonlyArray<number>
    readonly special: ReadonlyArray<number>
    readonly decoded: string
    readonly skipped: string
  }>
  readonly parts: ReadonlyArray<{ readonly ids: ReadonlyArray<number>; readonly decoded: string }>
  readonly chats: ReadonlyArray<{
    readonly messages: ReadonlyArray<Message>
    readonly addGenerationPrompt: boolean
    readonly text: string | null
    readonly ids?: ReadonlyArray<number>
  }>
}

const folder = join(__dirname, '..', 'golden')
const goldens = JSON.parse(readFileSync(join(folder, 'tokenizers.json'), 'utf8')) as ReadonlyArray<Golden>

const open = async (name: string): Promise<TextTokenizer> => {
  const loaded = await loadTokenizer(join(folder, 'tokenizers', name))()
  if (loaded._tag === 'Left') throw new Error(loaded.left.message)
  return loaded.right!
}

describe.each(goldens.map((g) => [g.name, g] as const))('%s, against transformers', (name, golden) => {
  const loaded = open(name)

  it('knows its size and special ids', async () => {
    const t = await loaded
    expect(t.size).toBe(golden.size)
    expect([t.bos ?? null, t.eos ?? null]).toEqual([golden.bos, golden.eos])
    expect([...t.specialIds].sort((a, b) => a - b)).toEqual(golden.specialIds)
  })

  it.each(golden.rows)('encodes text %#', async ({ text, ids, special }) => {
    const t = await loaded
    expect(t.encode(text)).toEqual(ids)
    expect([...t.prefixTokens, ...t.encode(text)]).toEqual(special)
  })

  it('decodes whole rows', async () => {
    const t = await loaded
    for (const { ids, decoded, skipped } of golden.rows)
      expect([t.decode(ids), t.decode(ids, { skipSpecial: true })]).toEqual([decoded, skipped])
  })

  it('decodes rows cut anywhere', async () => {
    const t = await loaded
    for (const { ids, decoded } of golden.parts) expect(t.decode(ids)).toBe(decoded)
  })

  it('renders conversations', async () => {
    const t = await loaded
    for (const { messages, addGenerationPrompt, text, ids } of golden.chats) {
      const render = (): string => t.chat!(messages, { addGenerationPrompt })
      if (text === null) expect(render).toThrow()
      else {
        expect(render()).toBe(text)
        expect(t.encode(text)).toEqual(ids)
      }
    }
  })

  it('gives the bytes that each id adds in the middle of a sentence', async () => {
    const t = await loaded
    const utf8 = new TextDecoder()
    for (let id = 0; id < t.size; id++) {
      const bytes = t.bytes(id)
      const token = t.token(id)
      if (token === undefined || bytes === undefined) {
        expect(t.specialIds.has(id) || token === '<unk>' || token === undefined).toBe(true)
        continue
      }
      expect(t.id(token)).toBe(id)
      if (t.byteLevel || bytes.some((b) => b >= 128)) continue
      const anchor = golden.rows[4]!.ids
      expect(t.decode([...anchor, id])).toBe(t.decode(anchor) + utf8.decode(bytes))
    }
  })
})
