/** `tensor-core download`: a repository of the hub in the cache, ready for work without a connection. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, hubUseOf, many, text, withDefault } from './kit'
import { download } from '../hub'

export const downloadCommand = command({
  name: 'download',
  description:
    'fetches a model or an adapter from the Hugging Face hub into its cache, and prints the folder',
  example: 'tensor-core download hub:HuggingFaceTB/SmolLM2-135M-Instruct',
  arguments: [{ name: 'repository', description: 'hub:ORG/NAME or hub:ORG/NAME@REVISION' }],
  options: {
    include: withDefault<ReadonlyArray<string>>(
      [],
      many(
        text(
          'fetch the files that one of these patterns matches (* is any text); default: what a model needs',
          'GLOB',
        ),
      ),
    ),
  },
  run: ({ include }, context, [repository = '']) =>
    pipe(
      download(repository, include, hubUseOf(context)),
      TE.map((folder) => ({ json: { repository, folder }, text: folder })),
    ),
})
