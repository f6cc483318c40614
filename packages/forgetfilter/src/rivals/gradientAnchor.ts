/**
 * Gradient matching with bidirectional anchoring ("What is in Your Safe Data?", arXiv 2404.01099; formula: `anchorScores` of tensor-core),
 * here as a filter: the paper uses it to find the benign rows that break safety most.
 *
 * The rows with the largest scores are dropped: they move the model where harmful rows do, and not where safe ones do. All gradients are
 * those of the aligned model, before fine-tuning.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Fault,
  type Fidelity,
  type RecordDiagnostics,
  type Resources,
  dataDefence,
} from '@safe/tensor-core/contracts'
import { anchorDefaults, anchorPasses, anchorRows, anchorScores, highestRows } from '@safe/tensor-core/lm'
import {
  type Values,
  checked,
  completed,
  count,
  definePlugin,
  number,
  parametersOf,
  withDefault,
} from '@safe/tensor-core/options'
import { dropDiagnostics } from '../diagnostics'
import { meanOf } from './meanOf'

// options ----------------------------------------------------------------------------------------

const paper = 'arXiv 2404.01099'

/** The options of gradient-anchor. */
export const gradientAnchorOptions = {
  share: withDefault(
    0.1,
    number('share of the rows that is dropped, those with the largest scores', { min: 0, max: 1 }),
  ),
  anchors: withDefault(anchorDefaults.anchors, count('rows of an anchor'), `${paper}, section 3`),
  tokens: withDefault(
    anchorDefaults.tokens,
    count('response tokens of an anchor row whose loss is taken'),
    `${paper}, section 3`,
  ),
}
/** Their values. */
export type GradientAnchorOptions = Values<typeof gradientAnchorOptions>

const fidelity: Fidelity = {
  source: paper,
  commit: 'princeton-nlp/benign-data-breaks-safety at 84b52fe',
  formula:
    'cos(g, a_harmful) - cos(g, a_safe1) - cos(g, a_safe2), anchors the means of normalised gradients of first tokens. Equal to a torch ' +
    'implementation with its own gradients (golden tests, tools/golden/forgetfilter_anchor.py).',
  defaults:
    "The paper's 10 anchor rows and 10 tokens. The share is not the paper's: it selects the 100 highest rows for an attack.",
  differs:
    'Gradients are those of a new LoRA adapter’s factors (B = 0, so of B alone: a random projection of the full gradient), not of all weights. ' +
    'The released code multiplies with means that it does not normalise again, so its three terms weigh by their norms. Anchors are the ' +
    'run’s own rows: the first of `harmful`, and the first and second ten of `references`.',
}

// parts ------------------------------------------------------------------------------------------

// constructors -----------------------------------------------------------------------------------

/** The resources of gradient-anchor. */
export type GradientAnchorResources = Pick<Resources, 'gradients' | 'harmful' | 'references'>

/**
 * Drops the rows whose gradients point most to the harmful anchor and away from the safe ones; the others keep their order and their
 * bytes. The share is of all rows; a row without a response token has no score and is kept.
 *
 * @returns on `apply`, left `EmptyData` where there are too few anchor rows, `BadRow` for one without a response token
 */
export const gradientAnchor = (
  options: Partial<GradientAnchorOptions>,
  { gradients, harmful, references }: GradientAnchorResources,
  record: RecordDiagnostics = () => undefined,
): DataDefence =>
  dataDefence<Fault>({
    name: 'gradient-anchor',
    parameters: parametersOf(gradientAnchorOptions, completed(gradientAnchorOptions, options)),
    apply: (data) =>
      pipe(
        E.Do,
        E.bindW('chosen', () => checked(gradientAnchorOptions, options)),
        E.bindW('anchors', ({ chosen }) =>
          pipe(
            anchorRows({ harmful, references }, chosen.anchors),
            E.mapLeft((fault) => ({ ...fault, remedy: 'give more rows, or lower `anchors`' })),
          ),
        ),
        TE.fromEither,
        TE.chainW(({ chosen: { share, tokens }, anchors }) =>
          pipe(
            gradients(data, anchorScores({ anchors, tokens })),
            TE.map((scores) => {
              const gone = new Set(highestRows(scores, Math.round(share * data.examples.length)))
              const left = { ...data, examples: data.examples.filter((_, i) => !gone.has(i)) }
              const of = (dropped: boolean) =>
                meanOf([...scores].flatMap(([row, score]) => (gone.has(row) === dropped ? [score] : [])))
              record({
                ...dropDiagnostics(data, left),
                scored: scores.size,
                extraForwardPasses: scores.size + 3 * anchors.harmful.length,
                scoreDropped: of(true),
                scoreKept: of(false),
              })
              return left
            }),
          ),
        ),
      ),
  })

/** Gradient-anchor as a benchmark finds it. */
export const gradientAnchorPlugin = definePlugin({
  name: 'gradient-anchor',
  stage: 'data',
  summary:
    'drops rows whose gradients resemble those of harmful rows, and not those of safe ones (arXiv 2404.01099)',
  options: gradientAnchorOptions,
  needs: ['gradients', 'harmful', 'references'],
  strength: { options: ['share'], values: [0.02, 0.05, 0.1, 0.2, 0.3] },
  fidelity,
  // A gradient of each row is as much work as training on it once.
  work: ({ anchors }, { rows, batchSize }) => ({ trainingSteps: anchorPasses(rows, batchSize, anchors) }),
  make: (options, resources, record) => TE.right(gradientAnchor(options, resources, record)),
})
