/**
 * Many clients at once for a while, against a running server: are there errors, does any client get another's answer, does memory grow?
 *
 *   node --conditions=@safe/source --import tsx tools/serving/soak.ts URL [--clients 64] [--seconds 300] [--api-key-env NAME]
 *
 * Each prompt is first answered alone and greedily. Then all clients ask all prompts, half of them streamed, and every answer is compared
 * with the one given alone; one request in 13 is dropped by its client. Memory is the server's own word, from `/metrics`. Exit 1 where
 * there was an error or an answer differed.
 */
import { failure } from '@safe/tensor-core/contracts'
import type { Fault } from '@safe/tensor-core/contracts'
import { command, count, main, optional, text, withDefault } from '@safe/tensor-core/cli'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'

// model ------------------------------------------------------------------------------------------

/** A server under test. */
interface Target {
  readonly url: string
  readonly model: string
  readonly key: string | undefined
}

/** What happened. */
interface Tally {
  answered: number
  dropped: number
  errors: number
  different: number
}

/** Bytes. */
interface Memory {
  readonly resident: number
  readonly heap: number
}

// asking -----------------------------------------------------------------------------------------

const whole = t.type({ choices: t.readonlyArray(t.type({ message: t.type({ content: t.string }) })) })
const chunk = t.type({
  choices: t.readonlyArray(t.type({ delta: t.partial({ content: t.string }) })),
})

const headersOf = ({ key }: Target): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
})

const ask = (target: Target, prompt: string, stream: boolean, signal?: AbortSignal): Promise<Response> =>
  fetch(`${target.url}/v1/chat/completions`, {
    method: 'POST',
    headers: headersOf(target),
    body: JSON.stringify({
      model: target.model,
      messages: [{ role: 'user', content: prompt }],
      temperature: 0,
      max_tokens: 24,
      stream,
    }),
    ...(signal === undefined ? {} : { signal }),
  })

/** The text of an answer; undefined where it is not complete. */
const answerOf = async (response: Response, stream: boolean): Promise<string | undefined> => {
  if (!response.ok) return undefined
  const body = await response.text()
  if (!stream) {
    const decoded = whole.decode(JSON.parse(body))
    return decoded._tag === 'Right' ? decoded.right.choices[0]?.message.content : undefined
  }
  const events = body.split('\n\n').filter((event) => event !== '')
  if (events.at(-1) !== 'data: [DONE]') return undefined
  return events
    .slice(0, -1)
    .map((event) => {
      const decoded = chunk.decode(JSON.parse(event.slice('data: '.length)))
      return decoded._tag === 'Right' ? (decoded.right.choices[0]?.delta.content ?? '') : ''
    })
    .join('')
}

const memoryOf = async (target: Target): Promise<Memory> => {
  const metrics = await (await fetch(`${target.url}/metrics`, { headers: headersOf(target) })).text()
  const read = (name: string): number =>
    Number(new RegExp(`^alignbeam_${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN)
  return { resident: read('process_resident_memory_bytes'), heap: read('nodejs_heap_size_used_bytes') }
}

// clients ----------------------------------------------------------------------------------------

const prompts = Array.from(
  { length: 23 },
  (_, i) => `Question ${i}: what comes after ${'one, two, '.repeat(i % 6)}${i}?`,
)

const asked = async (target: Target, prompt: string, expected: string, i: number, tally: Tally) => {
  const leaving = i % 13 === 12 ? new AbortController() : undefined
  if (leaving !== undefined) setTimeout(() => leaving.abort(), 20)
  try {
    const stream = i % 2 === 0
    const answer = await answerOf(await ask(target, prompt, stream, leaving?.signal), stream)
    if (answer === undefined) tally.errors += 1
    else if (answer !== expected) tally.different += 1
    else tally.answered += 1
  } catch {
    if (leaving === undefined) tally.errors += 1
    else tally.dropped += 1
  }
}

const soak = async (target: Target, clients: number, seconds: number) => {
  const alone = new Map<string, string>()
  for (const prompt of prompts) {
    const answer = await answerOf(await ask(target, prompt, false), false)
    if (answer === undefined) throw new Error(`no answer to ${JSON.stringify(prompt)}`)
    alone.set(prompt, answer)
  }
  const tally: Tally = { answered: 0, dropped: 0, errors: 0, different: 0 }
  const start = performance.now()
  const isOver = (share: number): boolean => performance.now() - start > share * seconds * 1000
  const memory: Array<Memory> = []
  const client = async (c: number): Promise<void> => {
    for (let i = c; !isOver(1); i++) {
      const prompt = prompts[i % prompts.length] ?? ''
      await asked(target, prompt, alone.get(prompt) ?? '', i, tally)
      // The first client looks at the memory in each tenth of the time.
      if (c === 0 && isOver((memory.length + 1) / 10)) memory.push(await memoryOf(target))
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, c) => client(c)))
  return { clients, seconds, ...tally, memory }
}

// command ----------------------------------------------------------------------------------------

const soakCommand = command({
  name: '',
  description: 'many clients at once against a running server',
  arguments: [{ name: 'url', description: 'http://127.0.0.1:8080, without /v1' }],
  options: {
    clients: withDefault(64, count('clients at once')),
    seconds: withDefault(300, count('how long they ask')),
    model: withDefault('alignbeam', text('id of the model', 'NAME')),
    apiKeyEnv: optional(text('variable that holds the key', 'NAME')),
  },
  run: ({ clients, seconds, model, apiKeyEnv }, _, [url = '']) =>
    pipe(
      TE.tryCatch(
        () =>
          soak(
            { url, model, key: apiKeyEnv === undefined ? undefined : process.env[apiKeyEnv] },
            clients,
            seconds,
          ),
        (cause): Fault => failure('SoakFailed', String(cause)),
      ),
      TE.filterOrElse(
        ({ errors, different }) => errors + different === 0,
        (result): Fault => failure('SoakFailed', JSON.stringify(result)),
      ),
      TE.map((result) => ({ json: result, text: JSON.stringify(result, null, 2) })),
    ),
})

main({
  name: 'serving-soak',
  version: '1',
  description: 'many clients at once against a running server',
  commands: [soakCommand],
})
