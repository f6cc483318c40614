/**
 * Real models with real vocabularies, measured where their folders are: `SAFE_REAL_MODELS` names the folder that holds them, by
 * default `~/.cache/safe-real-models`. Rows of the suite that need one are left out where it is absent.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Shape, smolLM2 } from './shapes'

// model ------------------------------------------------------------------------------------------

export type RealModel = 'smollm2' | 'gemma270'

const titles: Readonly<Record<RealModel, string>> = { smollm2: 'SmolLM2-135M', gemma270: 'Gemma 3 270M' }

/** SmolLM2-135M, and Gemma 3 270M. Every position but the first of a row predicts. */
export const realShapes: Readonly<Record<RealModel, Shape>> = {
  smollm2: smolLM2,
  gemma270: {
    ...smolLM2,
    layers: 18,
    hidden: 640,
    intermediate: 2048,
    heads: 4,
    kvHeads: 1,
    vocab: 262_144,
    // Half the tokens: the other side holds the logits of a whole batch several times, 1.07 GB each.
    rows: 4,
  },
}

/** In words: the model and its batch. */
export const describeReal = (model: RealModel): string => {
  const { rows, length, vocab } = realShapes[model]
  return `${titles[model]} (vocabulary ${vocab}, batch ${rows} x ${length})`
}

// folders ----------------------------------------------------------------------------------------

const home = (): string => {
  const given = process.env['SAFE_REAL_MODELS']
  return given === undefined || given === '' ? join(homedir(), '.cache', 'safe-real-models') : given
}

/** The model's folder; undefined where there is none. */
export const realFolder = (model: RealModel): string | undefined => {
  const folder = join(home(), model)
  return existsSync(join(folder, 'config.json')) ? folder : undefined
}
