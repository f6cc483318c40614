/** `check --model M --suite F`: measures one model, or one adapter of it, on a suite; nothing is trained. */
import { type Outcome, command, file, flag, folder, optional, required } from '@safe/tensor-core/cli'
import { withListed } from '../plan/factors'
import type { MetricName } from '../results/metrics'
import { presentMetrics } from '../results/metrics'
import type { CellResult, Results } from '../results/results'
import { percent, range, sizeWords } from '../report/format'
import { measure, measuringOptions } from './checking'
import { ownJudgesOption } from './judgeOptions'

// parts ------------------------------------------------------------------------------------------

const rateLine =
  ({ metrics }: CellResult) =>
  (name: MetricName): string => {
    const e = metrics[name]
    return e === undefined
      ? ''
      : `${name} ${percent(e.value)} % (${range(e)}), ${sizeWords(e)}${
          e.bounds === undefined ? '' : `, ${e.unjudged ?? 0} unscored (${range(e.bounds)})`
        }`
  }

const shown =
  (out: string) =>
  (results: Results, report: string): Outcome => {
    const [cell] = results.cells
    return {
      json: {
        out,
        cell: cell?.id ?? null,
        factors: cell === undefined ? null : withListed(cell),
        metrics: cell?.metrics ?? {},
        judge: results.stamp.judges?.measuring ?? null,
        report,
        engine: results.stamp.engine,
      },
      text: [...(cell === undefined ? [] : presentMetrics(cell.metrics).map(rateLine(cell))), report].join(
        '\n',
      ),
    }
  }

// command ----------------------------------------------------------------------------------------

export const checkCommand = command({
  name: 'check',
  description:
    'measure one model, or an adapter of it, on a suite: a results folder of one cell, for gate, report, rescore and label; nothing is trained',
  options: {
    model: required(folder('model: a folder, a GGUF file, or hub:ORG/NAME')),
    adapter: optional(folder('PEFT adapter of the model: a folder or hub:ORG/NAME')),
    suite: required(
      file(
        'YAML or JSON file with evaluation sets, judges and limits, as suite of a configuration of bench; or arena',
      ),
    ),
    judge: ownJudgesOption,
    ...measuringOptions,
    out: required(folder('results folder')),
    resume: flag('continue the check in the results folder'),
    overwrite: flag('delete an existing results folder first'),
    printConfig: flag('show the complete configuration and run nothing'),
  },
  run: ({ model, adapter, judge: judges, template, ...choice }, context) =>
    measure({ ...choice, checking: { model, adapter, judges, template } }, context, shown(choice.out)),
})
