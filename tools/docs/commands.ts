/** Every binary's commands as JSON on stdout: what `--help` says, for the reference pages. */
import * as E from 'fp-ts/Either'
import { type Binary, type OptionTable, commonOptions, kebab } from '../../packages/tensor-core/src/cli/kit'
import { binary as tensorCore } from '../../packages/tensor-core/src/cli/binary'
import { binary as alignbeam } from '../../packages/alignbeam/src/cli/binary'
import { binary as csulora } from '../../packages/csulora/src/cli/binary'
import { dualselectBinary } from '../../packages/dualselect/src/cli/binary'
import { binary as redorca } from '../../packages/eval-redorca/src/cli/binary'
import { binary as forgetfilter } from '../../packages/forgetfilter/src/cli/binary'

const optionsOf = (table: OptionTable) =>
  Object.entries(table).map(([name, option]) => ({
    name: `--${kebab(name)}`,
    value: { flag: '', one: option.metavar, many: `${option.metavar} ...` }[option.arity],
    description: option.description,
    required: E.isLeft(option.fallback),
    fallback: option.shownDefault ?? '',
  }))

const described = ({ name, description, commands }: Binary) => ({
  name,
  description,
  commands: commands.map((c) => ({
    name: `${name} ${c.name}`.trim(),
    description: c.description,
    arguments: c.arguments.map((a) => ({
      name: a.variadic === true ? `${a.name} ...` : a.name,
      description: a.description,
      choices: a.choices ?? [],
    })),
    options: optionsOf(c.options),
  })),
})

process.stdout.write(
  JSON.stringify({
    common: optionsOf(commonOptions),
    binaries: [tensorCore, forgetfilter, dualselectBinary, csulora, alignbeam, redorca].map(described),
  }),
)
