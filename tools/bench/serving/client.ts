/** What the measurements ask of a running server. */
import * as t from 'io-ts'

// model ------------------------------------------------------------------------------------------

/** A request as the measurements vary it. */
export interface Asked {
  /** The served model: the pair, or one of its parts. */
  readonly model: string
  readonly prompt: string
  readonly maxTokens: number
  readonly beams: number
}

/** An answer, timed. */
export interface Timed {
  readonly text: string
  readonly tokens: number
  readonly seconds: number
}

const answer = t.type({
  choices: t.array(t.type({ text: t.string })),
  usage: t.type({ completion_tokens: t.number }),
})

const models = t.type({ data: t.array(t.type({ id: t.string })) })

// requests ---------------------------------------------------------------------------------------

const decoded = async <A>(response: Response, codec: t.Type<A, unknown>): Promise<A> => {
  const body: unknown = await response.json()
  if (!response.ok || !codec.is(body)) throw new Error(`${response.status}: ${JSON.stringify(body)}`)
  return body
}

/** Names of the served models. */
export const servedModels = async (url: string): Promise<ReadonlyArray<string>> =>
  (await decoded(await fetch(`${url}/v1/models`), models)).data.map(({ id }) => id)

/** One greedy completion. */
export const complete = async (url: string, { model, prompt, maxTokens, beams }: Asked): Promise<Timed> => {
  const from = performance.now()
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      prompt,
      max_tokens: maxTokens,
      temperature: 0,
      repetition_penalty: 1,
      beams,
      judge: false,
    }),
  })
  const { choices, usage } = await decoded(response, answer)
  return {
    text: choices[0]?.text ?? '',
    tokens: usage.completion_tokens,
    seconds: (performance.now() - from) / 1000,
  }
}

/** Asks /healthz at equal distances until told to stop. @returns seconds of each answer */
export const watchHealth = (url: string, everyMs: number): (() => Promise<ReadonlyArray<number>>) => {
  const state = { stopped: false }
  const seconds: number[] = []
  const loop = async (): Promise<void> => {
    while (!state.stopped) {
      const from = performance.now()
      const response = await fetch(`${url}/healthz`)
      await response.text()
      if (!response.ok) throw new Error(`/healthz answers ${response.status}`)
      seconds.push((performance.now() - from) / 1000)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }
  const running = loop()
  return async () => {
    state.stopped = true
    await running
    return seconds
  }
}
