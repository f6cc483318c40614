/** Faults of the library name fields (`batchSize`); the command line shows them as its flags (`--batch-size`). */
import { type Fault, followsField } from '../../contracts'
import { type OptionTable, flagOf, kebab } from '../../options'

/** The flags of a table by the names that messages use: `noShuffle` is another name of `shuffle: false`. */
const flagsOf = (table: OptionTable): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(table).flatMap(([name, option]): ReadonlyArray<readonly [string, string]> => {
      const flag = flagOf(name, option)
      const negated = `no${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
      return option.arity === 'off'
        ? [
            [name, flag],
            [negated, `--${kebab(negated)}`],
          ]
        : [[name, flag]]
    }),
  )

/** Field names in backticks as flags; what the table does not have is a key of a file, in kebab-case. */
export const flagged = (text: string, table: OptionTable): string => {
  const flags = flagsOf(table)
  return text.replace(/`([a-z][A-Za-z0-9]*)`/g, (_, name: string) => flags.get(name) ?? `\`${kebab(name)}\``)
}

/** The fault as the user of a command with these options reads it. */
export const withFlags = ({ field, ...fault }: Fault, table: OptionTable): Fault => {
  const flag = field === undefined ? undefined : flagsOf(table).get(field)
  const leads = flag !== undefined && followsField({ ...fault, ...(field === undefined ? {} : { field }) })
  const remedy = fault.remedy ?? (flag === undefined ? undefined : 'see --help')
  return {
    ...fault,
    ...(field === undefined || flag !== undefined ? {} : { field: kebab(field) }),
    message: `${leads ? `${flag} ` : ''}${flagged(fault.message, table)}`,
    ...(fault.where === undefined ? {} : { where: flagged(fault.where, table) }),
    ...(remedy === undefined ? {} : { remedy: flagged(remedy, table) }),
  }
}
