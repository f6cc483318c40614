/** Questions of this package to any chat model, by `scale`. */
import type { CompletionKind } from '../asking/kind'
import { harmRubric } from './harmRubric'
import { strongrejectRubric } from './strongrejectRubric'
import { xstestRubric } from './xstestRubric'

/** `scale=harm` (1 to 5), `scale=strongreject` (its rubric), `scale=xstest` (complied, refused, partly refused). */
export const rubric: CompletionKind = {
  name: 'rubric',
  version: 1,
  description: 'harm or refusal by any chat model, asked with a rubric',
  families: [],
  options: {
    scale: {
      description: 'harm from 1 to 5, the rubric of StrongREJECT, or the three classes of XSTest',
      values: ['harm', 'strongreject', 'xstest'],
      default: 'harm',
    },
  },
  axes: ({ scale }) =>
    scale === 'xstest' ? ['refused'] : scale === 'strongreject' ? ['harmful', 'refused'] : ['harmful'],
  question: ({ scale }) =>
    scale === 'xstest' ? xstestRubric : scale === 'strongreject' ? strongrejectRubric : harmRubric,
}
