/** Golden cases: all steps written out densely by numpy in float64 (tools/golden/csulora.py). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RankRule } from '@safe/tensor-core/linalg'
import type { PerBlock } from '../src'

export interface GoldenCase {
  readonly name: string
  readonly rule: RankRule
  readonly beta: number
  readonly tau: number
  readonly base: number[][]
  readonly aligned: number[][]
  readonly B: number[][]
  readonly A: number[][]
  readonly rank: number
  readonly captured: number
  readonly energies: PerBlock
  readonly chance: PerBlock
  readonly gammas: PerBlock
  readonly normRatio: number
  readonly lostEnergy: number
  /** D* before truncation. */
  readonly star: number[][]
  readonly csulora: number[][]
  readonly hard: number[][]
  readonly cosine: number
  readonly safelora: number[][]
}

export const golden = JSON.parse(
  readFileSync(join(__dirname, 'golden/csulora.json'), 'utf8'),
) as ReadonlyArray<GoldenCase>
