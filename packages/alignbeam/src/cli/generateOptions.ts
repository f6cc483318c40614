/** The options of `alignbeam generate`, and the settings they stand for. */
import * as E from 'fp-ts/Either'
import {
  type Values,
  choice,
  custom,
  file,
  flag,
  folder,
  integer,
  number,
  optional,
  overwriteOption,
  required,
  resumeOption,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { type GenerationOptions, type InputError, badInput } from '@safe/tensor-core/contracts'
import { multis } from '../bridge'
import { noSafePolicies } from '../chooseBeam'
import { alignBeamDefaults, completionDefaults, refusalPrefix, safeDecodingDefaults } from '../defaults'
import { draftMasses, supports } from '../mix'
import { type SafeDecodingSettings } from '../safeDecoding'
import { type AlignBeamSettings, defaultSettings } from '../settings'

// options ----------------------------------------------------------------------------------------

export const generationMethods = [
  'alignbeam',
  'safe-decoding',
  'prefix',
  'system-prompt',
  'draft',
  'anchor',
] as const
export type GenerationMethod = (typeof generationMethods)[number]

const either = (usual: number, safeDecoding: number): string =>
  `(default: ${usual}; safe-decoding ${safeDecoding})`

export const generateOptions = {
  draft: optional(folder('model folder of the draft, the model to be made safe')),
  draftAdapter: optional(folder("PEFT adapter folder of the draft's fine-tuning")),
  anchor: optional(folder('model folder of the anchor, small and aligned')),
  judge: withDefault(
    'none',
    text('who chooses among beams: none, refusal (by wording), or a model folder', 'none|refusal|DIR'),
  ),
  prompts: required(file('rows whose prompts are answered; responses are ignored')),
  out: optional(file('JSONL of {id, prompt, completion, chosen, beams, telemetry}; default: stdout')),
  method: withDefault('alignbeam', choice('decoding method, or a baseline', generationMethods)),
  alpha: optional(
    number(`weight of the anchor ${either(alignBeamDefaults.alpha, safeDecodingDefaults.alpha)}`, { min: 0 }),
  ),
  beams: withDefault(alignBeamDefaults.beams, integer('beams per prompt', { min: 1 })),
  bridgeTokens: optional(
    integer(
      `tokens that both models decide ${either(alignBeamDefaults.bridgeTokens, safeDecodingDefaults.first)}`,
      { min: 1 },
    ),
  ),
  top: withDefault(alignBeamDefaults.top, integer('most probable tokens taken from a model', { min: 1 })),
  common: withDefault(
    safeDecodingDefaults.common,
    integer('safe-decoding: smallest common sample space', { min: 1 }),
  ),
  tau: withDefault(
    alignBeamDefaults.tau,
    number('a beam with at most this harm score is safe', { min: 1, max: 5 }),
  ),
  temperature: withDefault(
    completionDefaults.temperature,
    number("of the draft's completion; 0 is greedy", { min: 0 }),
  ),
  repetitionPenalty: withDefault(
    completionDefaults.repetitionPenalty,
    number('of the completion, over prompt and completion', { min: 0, exclusiveMin: true }),
  ),
  maxNewTokens: withDefault(
    completionDefaults.maxNewTokens,
    integer('longest completion, bridge tokens included', { min: 1 }),
  ),
  multi: withDefault(
    alignBeamDefaults.multi,
    choice('anchor tokens that are several draft tokens: drop, take the first, exact pairs only', multis),
  ),
  draftMass: withDefault(
    alignBeamDefaults.draftMass,
    choice("the draft's term: once per token, or per colliding anchor token as printed", draftMasses),
  ),
  support: withDefault(
    alignBeamDefaults.support,
    choice("tokens that can be chosen: the anchor's, or the draft's top tokens too", supports),
  ),
  onNoSafe: withDefault(
    alignBeamDefaults.onNoSafe,
    choice('where no beam is safe: the lowest score, or a refusal', noSafePolicies),
  ),
  system: optional(
    custom('safety system prompt (default: a short one, where there is a chat template)', 'TEXT', (u) =>
      u === false || u === null ? E.right(null) : typeof u === 'string' ? E.right(u) : E.left('must be text'),
    ),
  ),
  noSystem: flag('no system prompt for the anchor'),
  prefix: withDefault(refusalPrefix, text('prefix: how every completion begins')),
  draftTemplate: optional(text('chat, qa, none or a template file, of the draft', 'NAME')),
  anchorTemplate: optional(text('chat, qa, none or a template file, of the anchor', 'NAME')),
  batchSize: withDefault(defaultSettings.batchSize, integer('prompts answered at once', { min: 1 })),
  ...overwriteOption,
  ...resumeOption,
}
export type GenerateValues = Values<typeof generateOptions>

// settings ---------------------------------------------------------------------------------------

const bad = (option: string, message: string, remedy: string): E.Either<InputError, never> =>
  E.left(badInput('BadOption', `--${option} ${message}`, { remedy }))

/** Whether these values can be used together. */
export const checkValues = (values: GenerateValues): E.Either<InputError, GenerateValues> => {
  const { method, draft, anchor, alpha, judge, system, noSystem, resume, out } = values
  if (method !== 'anchor' && draft === undefined) return bad('draft', 'is required', 'give a model folder')
  if (['alignbeam', 'safe-decoding', 'anchor'].includes(method) && anchor === undefined)
    return bad('anchor', 'is required', `${method} needs a model folder`)
  if (method === 'alignbeam' && alpha !== undefined && alpha > 1)
    return bad('alpha', 'must be a number, at least 0, at most 1', 'see --help')
  if (/^https?:/.test(judge)) return bad('judge', 'must be none, refusal or a model folder', 'see --help')
  if (typeof system === 'string' && noSystem)
    return bad('system', 'and --no-system exclude each other', 'give one of them')
  if (resume && out === undefined) return bad('resume', 'needs --out', 'name the output of the earlier run')
  return E.right(values)
}

/** The system prompt asked for; undefined where the default is to be used. */
export const systemOf = ({ system, noSystem, anchorTemplate }: GenerateValues): string | null | undefined =>
  noSystem ? null : (system ?? (anchorTemplate === 'qa' || anchorTemplate === 'none' ? null : undefined))

export const alignBeamSettingsOf = (values: GenerateValues): AlignBeamSettings => {
  const system = systemOf(values)
  return {
    ...defaultSettings,
    alpha: values.alpha ?? alignBeamDefaults.alpha,
    beams: values.beams,
    bridgeTokens: values.bridgeTokens ?? alignBeamDefaults.bridgeTokens,
    top: values.top,
    tau: values.tau,
    multi: values.multi,
    draftMass: values.draftMass,
    support: values.support,
    onNoSafe: values.onNoSafe,
    batchSize: values.batchSize,
    ...(system === undefined ? {} : { system }),
  }
}

export const safeDecodingSettingsOf = (values: GenerateValues): SafeDecodingSettings => ({
  alpha: values.alpha ?? safeDecodingDefaults.alpha,
  first: values.bridgeTokens ?? safeDecodingDefaults.first,
  common: values.common,
  batchSize: values.batchSize,
})

export const generationOf = (values: GenerateValues, seed: number): GenerationOptions => ({
  maxNewTokens: values.maxNewTokens,
  temperature: values.temperature,
  topP: 1,
  topK: 0,
  repetitionPenalty: values.repetitionPenalty,
  stop: [],
  seed,
})
