/** The options of `alignbeam generate`, and the settings they stand for. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import {
  type Defaulted,
  type Values,
  adapterFolder,
  choice,
  dataFile,
  file,
  flag,
  modelFolder,
  optional,
  overwriteOption,
  required,
  resumeOption,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { type GenerationOptions, type InputError, badInput } from '@safe/tensor-core/contracts'
import { decodeOptions } from '@safe/tensor-core/options'
import { checkRemote, remoteOptions } from './remoteOptions'
import {
  type AlignBeamOptions,
  type SafeDecodingOptions,
  alignBeamOptions,
  completionOptions,
  prefixOptions,
  safeDecodingOptions,
} from '../options'
import { refusesByJudge } from '../settings'
import { bridgeCacheOption } from './bridgeCacheOption'

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

/** An option that two methods have, each with its own default; the method's own table checks the range. */
const ofBoth = (
  alignBeam: Defaulted<number>,
  safeDecoding: Defaulted<number>,
): Defaulted<number | undefined> => ({
  ...optional(safeDecoding),
  description: `${alignBeam.description} (default: ${alignBeam.fallback.right}; safe-decoding ${safeDecoding.fallback.right})`,
})

/** An option of one method alone. */
const of = <A extends { readonly description: string }>(method: GenerationMethod, option: A): A => ({
  ...option,
  description: `${method}: ${option.description}`,
})

const folderOrUrl = (description: string) => ({ ...modelFolder(description), metavar: 'DIR|URL#MODEL' })

/** The two models. */
export const models = {
  draft: folderOrUrl('model folder, or URL#MODEL at a server, of the draft, the model to be made safe'),
  anchor: folderOrUrl('model folder, or URL#MODEL at a server, of the anchor, small and aligned'),
}

/** What decides how a pair answers: of `generate`, of `serve` and of `sweep`. */
export const decodingOptions = {
  draftAdapter: optional(adapterFolder("PEFT adapter folder of the draft's fine-tuning")),
  judge: withDefault(
    'none',
    text(
      'who chooses among beams: none, a judge of `redorca judges` (refusal, llama-guard:DIR, rubric:URL#MODEL), or a model alone (DIR, URL#MODEL), which is asked for harm from 1 to 5',
      'none|KIND[:MODEL]|DIR|URL#MODEL',
    ),
  ),
  alpha: ofBoth(alignBeamOptions.alpha, safeDecodingOptions.alpha),
  beams: alignBeamOptions.beams,
  bridgeTokens: ofBoth(alignBeamOptions.bridgeTokens, safeDecodingOptions.first),
  top: alignBeamOptions.top,
  tau: alignBeamOptions.tau,
  ...completionOptions,
  multi: alignBeamOptions.multi,
  draftMass: alignBeamOptions.draftMass,
  support: alignBeamOptions.support,
  onNoSafe: alignBeamOptions.onNoSafe,
  system: {
    ...optional(alignBeamOptions.system),
    description: 'safety system prompt (default: a short one, where there is a chat template)',
  },
  noSystem: flag('no system prompt for the anchor'),
  draftTemplate: optional(text('chat, qa, none or a template file, of the draft', 'NAME')),
  anchorTemplate: optional(text('chat, qa, none or a template file, of the anchor', 'NAME')),
  ...bridgeCacheOption,
  ...remoteOptions,
}

export const generateOptions = {
  draft: optional(models.draft),
  anchor: optional(models.anchor),
  prompts: required(dataFile('rows whose prompts are answered; responses are ignored')),
  out: optional(file('JSONL of {id, prompt, completion, chosen, beams, telemetry}; default: stdout')),
  method: withDefault('alignbeam', choice('decoding method, or a baseline', generationMethods)),
  ...decodingOptions,
  common: of('safe-decoding', safeDecodingOptions.common),
  prefix: of('prefix', prefixOptions.prefix),
  batchSize: alignBeamOptions.batchSize,
  ...overwriteOption,
  ...resumeOption,
}
export type GenerateValues = Values<typeof generateOptions>

// settings ---------------------------------------------------------------------------------------

const bad = (field: string, message: string, remedy: string): E.Either<InputError, never> =>
  E.left(badInput('BadOption', message, { field, remedy }))

/** The system prompt given; null for none, undefined where the default is to be used. */
export const systemOf = ({ system, noSystem, anchorTemplate }: GenerateValues): string | null | undefined =>
  noSystem ? null : (system ?? (anchorTemplate === 'qa' || anchorTemplate === 'none' ? null : undefined))

/** AlignBeam's settings; left where a value is outside this method's range. */
export const alignBeamSettingsOf = (values: GenerateValues): E.Either<InputError, AlignBeamOptions> =>
  decodeOptions(alignBeamOptions, { ...values, system: systemOf(values) })

/** SafeDecoding's settings: `--bridge-tokens` are its first tokens. */
export const safeDecodingSettingsOf = (values: GenerateValues): E.Either<InputError, SafeDecodingOptions> =>
  decodeOptions(safeDecodingOptions, { ...values, first: values.bridgeTokens })

/** Whether these values can be used together. */
export const checkValues = (values: GenerateValues): E.Either<InputError, GenerateValues> => {
  const { method, draft, anchor, system, noSystem, resume, out } = values
  if (method !== 'anchor' && draft === undefined) return bad('draft', 'is required', 'give a model folder')
  if (['alignbeam', 'safe-decoding', 'anchor'].includes(method) && anchor === undefined)
    return bad('anchor', 'is required', `${method} needs a model folder`)
  if (typeof system === 'string' && noSystem)
    return bad('system', 'and --no-system exclude each other', 'give one of them')
  if (resume && out === undefined) return bad('resume', 'needs --out', 'name the output of the earlier run')
  return pipe(
    checkRemote(values),
    E.chain(() =>
      method === 'alignbeam'
        ? pipe(
            alignBeamSettingsOf(values),
            E.chain((settings) =>
              refusesByJudge(settings, values.judge === 'none' ? undefined : values.judge),
            ),
          )
        : E.right(undefined),
    ),
    E.map(() => values),
  )
}

/** Generation options of all prompts. */
export const generationOf = (values: GenerateValues, seed: number): GenerationOptions => ({
  maxNewTokens: values.maxNewTokens,
  temperature: values.temperature,
  topP: 1,
  topK: 0,
  repetitionPenalty: values.repetitionPenalty,
  stop: [],
  seed,
})
