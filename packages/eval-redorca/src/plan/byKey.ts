/** Faults of methods and trainings name fields; a configuration holds them as keys, which are not the flags of `bench`. */
import { type Fault, followsField } from '@safe/tensor-core/contracts'
import { kebab } from '@safe/tensor-core/options'

const spelled = (text: string): string =>
  text.replace(/`([a-z][A-Za-z0-9]*)`/g, (_, name: string) => kebab(name))

/** The fault with its fields spelled as keys of a configuration: `max-rank must be at least 1`. */
export const byKey = ({ field, ...fault }: Fault): Fault => ({
  ...fault,
  message: [
    ...(field !== undefined && followsField({ ...fault, field }) ? [kebab(field)] : []),
    spelled(fault.message),
  ].join(' '),
  ...(fault.remedy === undefined ? {} : { remedy: spelled(fault.remedy) }),
})
