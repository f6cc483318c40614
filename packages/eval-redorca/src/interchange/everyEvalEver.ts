/**
 * Records of Every Eval Ever (evalevalai.com), version 0.3.0 of their schema: the parts that are written here. One record holds the
 * metrics of a cell with their intervals; another holds one answer under one of these metrics.
 */
import * as t from 'io-ts'

// codecs -----------------------------------------------------------------------------------------

/** The schema allows text alone as values of free fields. */
const texts = t.record(t.string, t.string)

const result = t.type({
  evaluation_result_id: t.string,
  evaluation_name: t.string,
  source_data: t.type({ dataset_name: t.string, source_type: t.literal('other'), additional_details: texts }),
  evaluation_timestamp: t.string,
  metric_config: t.intersection([
    t.type({
      evaluation_description: t.string,
      metric_id: t.string,
      metric_name: t.string,
      metric_kind: t.string,
      metric_unit: t.string,
      lower_is_better: t.boolean,
      score_type: t.literal('continuous'),
      min_score: t.number,
      max_score: t.union([t.number, t.literal('Infinity')]),
    }),
    t.partial({ metric_parameters: texts }),
  ]),
  score_details: t.type({
    score: t.number,
    details: texts,
    uncertainty: t.type({
      confidence_interval: t.type({
        lower: t.number,
        upper: t.number,
        confidence_level: t.literal(0.95),
        method: t.string,
      }),
      num_samples: t.Int,
    }),
  }),
})

/** The record of a cell. */
export const aggregateCodec = t.type({
  schema_version: t.literal('0.3.0'),
  evaluation_id: t.string,
  evaluation_timestamp: t.string,
  retrieved_timestamp: t.string,
  source_metadata: t.type({
    source_name: t.string,
    source_type: t.literal('evaluation_run'),
    source_organization_name: t.string,
    evaluator_relationship: t.keyof({
      first_party: null,
      third_party: null,
      collaborative: null,
      other: null,
    }),
  }),
  eval_library: t.type({ name: t.string, version: t.string }),
  model_info: t.type({
    name: t.string,
    id: t.string,
    inference_engine: t.type({ name: t.string, version: t.string }),
    additional_details: t.intersection([
      texts,
      t.type({ deployment_type: t.literal('self_deployed'), model_availability: t.literal('unknown') }),
    ]),
  }),
  evaluation_results: t.readonlyArray(result),
  detailed_evaluation_results: t.type({
    format: t.literal('jsonl'),
    file_path: t.string,
    hash_algorithm: t.literal('sha256'),
    checksum: t.string,
    total_rows: t.Int,
  }),
})

/** The record of an answer under one metric. */
export const instanceCodec = t.type({
  schema_version: t.literal('0.3.0'),
  evaluation_id: t.string,
  model_id: t.string,
  evaluation_name: t.string,
  evaluation_result_id: t.string,
  sample_id: t.string,
  sample_hash: t.string,
  interaction_type: t.literal('single_turn'),
  input: t.type({ raw: t.string, reference: t.readonlyArray(t.string) }),
  output: t.type({ raw: t.readonlyArray(t.string) }),
  answer_attribution: t.readonlyArray(
    t.type({
      turn_idx: t.Int,
      source: t.string,
      extracted_value: t.string,
      extraction_method: t.string,
      is_terminal: t.boolean,
    }),
  ),
  evaluation: t.type({ score: t.number, is_correct: t.boolean, num_turns: t.Int }),
  metadata: texts,
})

// model ------------------------------------------------------------------------------------------

export type AggregateRecord = t.OutputOf<typeof aggregateCodec>
export type AggregateResult = t.OutputOf<typeof result>
export type InstanceRecord = t.OutputOf<typeof instanceCodec>

/** How whoever ran the evaluation stands to whoever made the model. */
export const relationships = ['first_party', 'third_party', 'collaborative', 'other'] as const

/** Who reports the results. */
export interface RecordSource {
  readonly organization: string
  readonly relationship: (typeof relationships)[number]
}
