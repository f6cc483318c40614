/**
 * Logs of inspect_ai, version 2 of their JSON form: the parts that are written here, with the header's fields in the order in which
 * inspect reads them, the samples last. Written down from what inspect-ai 0.3.285 accepts (`EvalLog`).
 */
import * as t from 'io-ts'

// codec ------------------------------------------------------------------------------------------

const orNull = <C extends t.Mixed>(codec: C) => t.union([codec, t.null])
const free = t.UnknownRecord

const metric = t.type({
  name: t.string,
  value: t.number,
  params: free,
  /** The interval: `{n, low, high, confidence, method}`. */
  metadata: free,
})

const scoreSummary = t.type({
  name: t.string,
  scorer: t.string,
  scored_samples: t.number,
  unscored_samples: t.number,
  params: free,
  metrics: t.record(t.string, metric),
  metadata: free,
})

const message = t.intersection([
  t.type({ role: t.union([t.literal('user'), t.literal('assistant')]), content: t.string }),
  t.type({ source: t.union([t.literal('input'), t.literal('generate')]) }),
  t.partial({ model: t.string }),
])

const score = t.intersection([
  t.type({
    /** `C` or `I` of a task; else what a judge said, axis by axis, null where it could not tell. */
    value: t.union([t.literal('C'), t.literal('I'), t.record(t.string, orNull(t.boolean))]),
  }),
  t.partial({ explanation: t.string, reason: t.literal('grader_failed'), metadata: free }),
])

const sample = t.type({
  id: t.string,
  epoch: t.literal(1),
  input: t.string,
  target: t.string,
  messages: t.readonlyArray(message),
  output: t.type({
    model: t.string,
    choices: t.readonlyArray(
      t.type({
        message,
        stop_reason: t.union([t.literal('stop'), t.literal('max_tokens'), t.literal('unknown')]),
      }),
    ),
    completion: t.string,
  }),
  scores: t.record(t.string, score),
  metadata: free,
})

/** A log as it is written here. */
export const inspectLogCodec = t.type({
  version: t.literal(2),
  status: t.literal('success'),
  eval: t.type({
    eval_id: t.string,
    run_id: t.string,
    created: t.string,
    task: t.string,
    task_id: t.string,
    task_version: t.number,
    task_args: free,
    task_args_passed: free,
    tags: t.readonlyArray(t.string),
    dataset: t.type({
      name: t.string,
      samples: t.number,
      sample_ids: t.readonlyArray(t.string),
      shuffled: t.literal(false),
    }),
    model: t.string,
    model_args: free,
    config: free,
    packages: t.record(t.string, t.string),
    metadata: free,
    scorers: t.readonlyArray(
      t.type({ name: t.string, options: free, metrics: t.readonlyArray(t.type({ name: t.string })) }),
    ),
  }),
  plan: t.type({
    name: t.string,
    steps: t.readonlyArray(t.type({ solver: t.string, params: free })),
    config: free,
  }),
  results: t.type({
    total_samples: t.number,
    completed_samples: t.number,
    scores: t.readonlyArray(scoreSummary),
    metadata: free,
  }),
  stats: t.type({ started_at: t.string, completed_at: t.string, model_usage: free }),
  samples: t.readonlyArray(sample),
})

// model ------------------------------------------------------------------------------------------

export type InspectLog = t.TypeOf<typeof inspectLogCodec>
export type InspectSample = t.TypeOf<typeof sample>
export type InspectScore = t.TypeOf<typeof score>
export type InspectScoreSummary = t.TypeOf<typeof scoreSummary>
export type InspectMetric = t.TypeOf<typeof metric>
