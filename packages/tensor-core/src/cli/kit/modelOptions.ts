/** Which model a command runs, as options of every command that decodes or scores. */
import type { ModelChoice } from '../../lm'
import type { Context } from './context'
import {
  type Values,
  adapterFolder,
  count,
  modelFolder,
  optional,
  required,
  withDefault,
} from '../../options'
import { rowChoiceOf, rowOptions } from './rowOptions'

/** `--model`, `--adapter`, `--batch-size`, `--template` and `--no-eos`, to be spread into a command's options. */
export const modelOptions = {
  model: required(modelFolder('model folder, .gguf file, or hub:ORG/NAME')),
  adapter: optional(adapterFolder('PEFT adapter folder, or hub:ORG/NAME')),
  batchSize: withDefault(16, count('rows at once')),
  ...rowOptions,
}

/** The choice that these options make, stopped with the command and warning through it. */
export const modelChoiceOf = (values: Values<typeof modelOptions>, context: Context): ModelChoice => ({
  model: values.model,
  batchSize: values.batchSize,
  dtype: context.common.dtype,
  signal: context.signal,
  onWarning: context.warn,
  ...rowChoiceOf(values),
  ...(values.adapter === undefined ? {} : { adapter: values.adapter }),
})
