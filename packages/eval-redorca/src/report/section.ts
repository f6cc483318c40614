/** A part of the report that not every benchmark has, in both of its forms. */
import type { Markup } from '@safe/tensor-core/page'

export interface Section {
  readonly html: Markup
  readonly markdown: string
}
