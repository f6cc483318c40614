/** `tensor-core merge`: a model folder with an adapter merged into its weights. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, modelFolder, adapterFolder, folder, overwriteOption, required, startEngine } from './kit'
import { refuseExisting } from '../files'
import { mergeAdapter } from '../lm'

export const mergeCommand = command({
  name: 'merge',
  description: 'merges an adapter into the weights of its model',
  example: 'tensor-core merge --model models/aligned --adapter adapter --out merged',
  options: {
    model: required(modelFolder('model folder, .gguf file, or hub:ORG/NAME')),
    adapter: required(adapterFolder('PEFT adapter folder, or hub:ORG/NAME')),
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
