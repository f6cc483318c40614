/** `tensor-core merge`: a model folder with an adapter merged into its weights. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, folder, overwriteOption, required, startEngine } from './kit'
import { refuseExisting } from '../files'
import { mergeAdapter } from '../lm'

export const mergeCommand = command({
  name: 'merge',
  description: 'merges an adapter into the weights of its model',
  options: {
    model: required(folder('model folder or .gguf file')),
    adapter: required(folder('PEFT adapter folder')),
    out: required(folder('model folder to write')),
    ...overwriteOption,
  },
  run: (values, context) =>
    pipe(
      TE.fromEither(refuseExisting(values.out, values, 'folder')),
      TE.chainW(() => startEngine(context)),
      TE.chainW(() => mergeAdapter(values.model, values.adapter, values.out, context.warn)),
      TE.map(() => ({ json: { out: values.out }, text: `merged model: ${values.out}` })),
    ),
})
