/** adapter_config.json: which modules an adapter changes, and by how much. Settings that are not supported are refused by name. */
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import type { FormatError } from '../../contracts'
import { decodeAs, shownValue } from '../../files/decode'
import { unsupported } from '../../files/input'

// codecs -----------------------------------------------------------------------------------------

/** JSON has no infinity, but a number that is too large is parsed as one. */
const Finite = t.refinement(t.number, Number.isFinite, 'a number')
const Count = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n > 0, 'a positive whole number')
const optional = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined], codec.name)
const Names = t.array(t.string, 'a list of names')
const NamesOrPattern = t.union([t.string, Names], 'a list of names or a pattern')

const Fields = t.intersection(
  [
    t.type({ peft_type: t.string, r: Count, lora_alpha: Finite }),
    t.partial({
      target_modules: optional(NamesOrPattern),
      exclude_modules: optional(NamesOrPattern),
      layers_to_transform: optional(
        t.union([t.number, t.array(t.number)], 'a layer number or a list of them'),
      ),
      layers_pattern: optional(NamesOrPattern),
      rank_pattern: optional(t.record(t.string, Count)),
      alpha_pattern: optional(t.record(t.string, Finite)),
      modules_to_save: optional(Names),
      use_rslora: optional(t.boolean),
      lora_dropout: optional(Finite),
      fan_in_fan_out: optional(t.boolean),
      bias: optional(t.string),
      lora_bias: optional(t.boolean),
      base_model_name_or_path: optional(t.string),
      init_lora_weights: t.unknown,
    }),
  ],
  'an adapter configuration',
)
export type AdapterFields = t.TypeOf<typeof Fields>

// refusals ---------------------------------------------------------------------------------------

/** Initialisations that change the base weights: A and B alone do not determine the model. */
const refusedInits = ['pissa', 'olora', 'corda', 'loftq', 'lora_ga']
/** Initialisations that only set the values from which A and B were trained. */
const plainInits = ['gaussian', 'orthogonal', 'eva', 'mica']

/** Fields that change W + s B A unless they have one of these values. */
const plainValues: ReadonlyMap<string, { readonly what: string; readonly values: ReadonlyArray<unknown> }> =
  new Map([
    ['use_dora', { what: 'DoRA (use_dora)', values: [false] }],
    ['use_qalora', { what: 'QALoRA (use_qalora)', values: [false] }],
    ['target_parameters', { what: 'adapters on parameters (target_parameters, MoE)', values: [] }],
    ['trainable_token_indices', { what: 'trained embeddings (trainable_token_indices)', values: [] }],
    ['layer_replication', { what: 'layer_replication', values: [] }],
    ['alora_invocation_tokens', { what: 'activated LoRA (alora_invocation_tokens)', values: [] }],
    ['loftq_config', { what: 'LoftQ (loftq_config)', values: [] }],
    ['corda_config', { what: 'CorDA (corda_config)', values: [] }],
    ['lora_ga_config', { what: 'LoRA-GA (lora_ga_config)', values: [] }],
    ['use_bdlora', { what: 'BD-LoRA (use_bdlora)', values: [false] }],
    ['arrow_config', { what: 'Arrow routing (arrow_config)', values: [] }],
    ['kasa_config', { what: 'KaSA (kasa_config)', values: [] }],
    ['velora_config', { what: 'VeLoRA (velora_config)', values: [] }],
    ['monteclora_config', { what: 'MonteCLoRA (monteclora_config)', values: [] }],
    ['megatron_config', { what: 'Megatron layers (megatron_config)', values: [] }],
  ])

const isEmpty = (u: unknown): boolean =>
  u === undefined || u === null || (typeof u === 'object' && Object.keys(u).length === 0)

const refusalOf = (where: string, json: Readonly<Record<string, unknown>>): FormatError | undefined => {
  const init = json['init_lora_weights']
  const refused =
    typeof init === 'string' ? refusedInits.find((name) => init.toLowerCase().startsWith(name)) : undefined
  if (refused !== undefined)
    return unsupported(
      where,
      `init_lora_weights ${shownValue(init)} is not supported: such an adapter needs the base weights it was started from`,
      'convert it to plain LoRA with peft first',
    )
  if (typeof init === 'string' && !plainInits.includes(init.toLowerCase()))
    return unsupported(
      where,
      `init_lora_weights ${shownValue(init)} is not known: it may change the base weights`,
      'convert it to plain LoRA with peft first',
    )
  for (const [field, { what, values }] of plainValues)
    if (!isEmpty(json[field]) && !values.includes(json[field]))
      return unsupported(where, `${what} is not supported`, 'use a plain LoRA adapter')
  return undefined
}

// unknown fields ---------------------------------------------------------------------------------

/** Fields of peft 0.21 that do not affect W + s B A, or not while the fields they belong to are off. */
const idleFields = [
  'auto_mapping',
  'ensure_weight_tying',
  'eva_config',
  'inference_mode',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'task_type',
]
const knownFields = new Set([
  ...Fields.types.flatMap(({ props }) => Object.keys(props)),
  ...plainValues.keys(),
  ...idleFields,
])

/** Fields of later versions of peft that are switched on: they are kept in a round trip, but have no effect here. */
export const unknownFields = (json: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.keys(json).filter(
    (field) => !knownFields.has(field) && json[field] !== false && !isEmpty(json[field]),
  )

// decoding ---------------------------------------------------------------------------------------

/** Decodes adapter_config.json; settings that are not supported are refused by name. @param where the file, for messages */
export const decodeAdapterConfig =
  (where: string) =>
  (json: Readonly<Record<string, unknown>>): E.Either<FormatError, AdapterFields> => {
    const type = json['peft_type']
    const refusal =
      typeof type === 'string' && type !== 'LORA'
        ? unsupported(where, `peft_type ${type} is not supported`, 'use a LoRA adapter')
        : refusalOf(where, json)
    return refusal === undefined
      ? decodeAs<FormatError['_tag']>('FileDamaged')(Fields, where)(json)
      : E.left(refusal)
  }

// new adapters -----------------------------------------------------------------------------------

/** The settings of a new adapter. */
export interface FreshAdapter {
  readonly rank: number
  readonly alpha: number
  readonly dropout?: number
  /** Names that modules' paths end with, `all-linear`, or a pattern for whole paths. */
  readonly targetModules: ReadonlyArray<string> | string
  /** Name or path of the base model. */
  readonly baseModel?: string
  readonly useRslora?: boolean
}

/** adapter_config.json of a new adapter, as peft writes and reads it. */
export const freshAdapterConfig = (a: FreshAdapter): Readonly<Record<string, unknown>> => ({
  alpha_pattern: {},
  auto_mapping: null,
  base_model_name_or_path: a.baseModel ?? null,
  bias: 'none',
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  layers_pattern: null,
  layers_to_transform: null,
  lora_alpha: a.alpha,
  lora_dropout: a.dropout ?? 0,
  modules_to_save: null,
  peft_type: 'LORA',
  r: a.rank,
  rank_pattern: {},
  revision: null,
  target_modules: a.targetModules,
  task_type: 'CAUSAL_LM',
  use_dora: false,
  use_rslora: a.useRslora ?? false,
})
