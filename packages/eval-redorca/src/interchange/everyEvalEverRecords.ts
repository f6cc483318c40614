/** Records of Every Eval Ever from a cell: its metrics with their intervals, and its answers by the headline judge. */
import { canonicalJson } from '@safe/tensor-core/files'
import { cellName } from '../plan/factors'
import { outcomesOf } from '../results/metrics'
import type { PreparedAnswers } from '../results/prepared'
import { type Sample, isReported } from '../suite/samples'
import type { AggregateRecord, AggregateResult, InstanceRecord, RecordSource } from './everyEvalEver'
import type { Heading } from './exporter'
import { type NamedEstimate, estimatesOf, metricFacts, metricsOfSet } from './metricFacts'
import { identityOf, modelName, sha256, slug, uuidOf } from './names'

// names ------------------------------------------------------------------------------------------

/** The folder of all records of a suite. */
const collectionOf = ({ suite }: Heading): string => `redorca-${slug(suite)}`

const secondsOf = ({ finished }: Heading): string => String(Math.floor(Date.parse(finished) / 1000))

const evaluationId = (heading: Heading, cell: PreparedAnswers): string =>
  `${collectionOf(heading)}/${modelName(cell.factors)}/${cell.id}/${secondsOf(heading)}`

const evaluationName = ({ name }: Pick<NamedEstimate, 'name'>): string => {
  const { set } = metricFacts[name]
  return set === undefined ? 'redorca' : `redorca.${set}`
}

const resultId = ({ name, judge }: Omit<NamedEstimate, 'estimate'>): string =>
  judge === undefined ? name : `${name}/${judge}`

/** Where the record of a cell stands, without its ending: a path of two folders below the collection's, as the schema has it. */
export const recordPath = (heading: Heading, cell: PreparedAnswers): string =>
  `data/${collectionOf(heading)}/${modelName(cell.factors)}/${uuidOf({ heading, ...identityOf(cell) })}`

// aggregates -------------------------------------------------------------------------------------

/** Values as text, without those that are undefined. */
const asTexts = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : canonicalJson(value)] as const],
    ),
  )

const resultOf =
  (heading: Heading) =>
  (named: NamedEstimate): AggregateResult => {
    const { name, judge, estimate } = named
    const { description, lowerIsBetter } = metricFacts[name]
    const { value, n, low, high, method = 'Wilson', ...details } = estimate
    return {
      evaluation_result_id: resultId(named),
      evaluation_name: evaluationName(named),
      source_data: {
        dataset_name: heading.suite,
        source_type: 'other',
        additional_details: asTexts({ evaluationHash: heading.stamp.hashes.data['evaluation'] }),
      },
      evaluation_timestamp: heading.finished,
      metric_config: {
        evaluation_description: description,
        metric_id: name === 'exactMatch' ? 'exact-match' : `redorca.${name}`,
        metric_name: name,
        metric_kind: name === 'perplexity' ? 'perplexity' : name === 'sut' ? 'composite' : 'rate',
        metric_unit: name === 'perplexity' ? 'perplexity' : 'proportion',
        ...(judge === undefined ? {} : { metric_parameters: { judge } }),
        lower_is_better: lowerIsBetter,
        score_type: 'continuous',
        min_score: name === 'perplexity' ? 1 : 0,
        max_score: name === 'perplexity' ? 'Infinity' : 1,
      },
      score_details: {
        score: value,
        details: asTexts({ ...details }),
        uncertainty: {
          confidence_interval: { lower: low, upper: high, confidence_level: 0.95, method },
          num_samples: n,
        },
      },
    }
  }

const engineVersion = ({ versions }: Heading['stamp']): string => versions['@safe/tensor-core'] ?? 'unknown'

/** @param details the file of its answers */
export const aggregateRecord = (
  heading: Heading,
  source: RecordSource,
  cell: PreparedAnswers,
  details: AggregateRecord['detailed_evaluation_results'],
): AggregateRecord => {
  const { stamp, finished } = heading
  return {
    schema_version: '0.3.0',
    evaluation_id: evaluationId(heading, cell),
    evaluation_timestamp: finished,
    retrieved_timestamp: secondsOf(heading),
    source_metadata: {
      source_name: 'RedOrca',
      source_type: 'evaluation_run',
      source_organization_name: source.organization,
      evaluator_relationship: source.relationship,
    },
    eval_library: { name: '@safe/eval-redorca', version: stamp.versions['@safe/eval-redorca'] ?? 'unknown' },
    model_info: {
      name: cellName(cell.factors),
      id: modelName(cell.factors),
      inference_engine: { name: `@safe/tensor-core (${stamp.engine})`, version: engineVersion(stamp) },
      additional_details: {
        ...asTexts({
          ...cell.factors,
          cell: cell.id,
          control: cell.control,
          modelHashes: stamp.hashes.models,
        }),
        deployment_type: 'self_deployed',
        model_availability: 'unknown',
      },
    },
    evaluation_results: estimatesOf(cell.headline?.id, cell.metrics).map(resultOf(heading)),
    detailed_evaluation_results: details,
  }
}

// answers ----------------------------------------------------------------------------------------

/**
 * One record for each answer and each rate of its set. An answer that the judge could not decide has no record: the schema has no
 * word for it, and a score of 0 would say something else.
 */
export const instanceRecords = (heading: Heading, cell: PreparedAnswers): ReadonlyArray<InstanceRecord> => {
  const reported = cell.samples.filter(isReported)
  const outcomes = outcomesOf(reported, cell.headline)
  const judge = cell.headline?.id
  const id = evaluationId(heading, cell)
  const model = modelName(cell.factors)
  return reported.flatMap((sample) =>
    metricsOfSet(sample.set).flatMap((name) => {
      const score = name === 'sut' ? undefined : outcomes[name]?.get(sample.id)?.value
      if (score === undefined || Number.isNaN(score)) return []
      const by = name === 'exactMatch' ? undefined : judge
      return [
        {
          schema_version: '0.3.0',
          evaluation_id: id,
          model_id: model,
          evaluation_name: evaluationName({ name }),
          evaluation_result_id: resultId({ name, ...(by === undefined ? {} : { judge: by }) }),
          ...answered(sample),
          answer_attribution: [
            {
              turn_idx: 0,
              source: 'output.raw',
              extracted_value: by === undefined ? sample.completion : (sample.verdict ?? 'unjudged'),
              extraction_method: by ?? (name === 'exactMatch' ? 'exact_match' : 'label'),
              is_terminal: true,
            },
          ],
          evaluation: { score, is_correct: metricFacts[name].lowerIsBetter !== (score === 1), num_turns: 1 },
          metadata: asTexts({ set: sample.set, cluster: sample.cluster, finishReason: sample.finishReason }),
        },
      ]
    }),
  )
}

/** The parts of a record that are the sample's own. */
const answered = ({
  id,
  prompt,
  completion,
  reference,
}: Sample): Pick<InstanceRecord, 'sample_id' | 'sample_hash' | 'interaction_type' | 'input' | 'output'> => ({
  sample_id: id,
  sample_hash: sha256(prompt + (reference ?? '')),
  interaction_type: 'single_turn',
  input: { raw: prompt, reference: reference === undefined ? [] : [reference] },
  output: { raw: [completion] },
})
