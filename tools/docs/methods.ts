/** Every method, control and rival that the packages offer to a benchmark, stage by stage, as plain data for its page. */
import { plugins as alignbeam } from '../../packages/alignbeam/src'
import { plugins as csulora } from '../../packages/csulora/src'
import { plugins as dualselect } from '../../packages/dualselect/src'
import { plugins as forgetfilter } from '../../packages/forgetfilter/src'
import { stages } from '../../packages/tensor-core/src/contracts'

const offered = Object.entries({ forgetfilter, dualselect, csulora, alignbeam }).flatMap(
  ([folder, plugins]) =>
    plugins.map(({ name, stage, summary, needs, options, strength, fidelity }) => ({
      folder,
      ...{ name, stage, summary, needs, options, strength, fidelity },
    })),
)

/** The stages in the order of a pipeline, each with what acts there. */
export const methods = stages.map((stage) => ({
  stage,
  plugins: offered.filter((plugin) => plugin.stage === stage),
}))
