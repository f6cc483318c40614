import * as E from 'fp-ts/Either'
import { marginsText, parseMargins, wholeMargin } from '../../src/gate/margins'

describe('margins', () => {
  it('are read from text and from a mapping alike', () => {
    const text = parseMargins('attackSuccess=0.05, task:gsm8k=.1,overRefusal=none')
    expect(text).toEqual(parseMargins({ attackSuccess: 0.05, 'task:gsm8k': 0.1, overRefusal: 'none' }))
    expect(E.isRight(text) && marginsText(text.right)).toBe(
      'attackSuccess=0.05,task:gsm8k=0.1,overRefusal=none',
    )
    expect(parseMargins('task:a=b:c=0.5')).toMatchObject({ right: [{ set: 'a=b:c', value: 0.5 }] })
  })
  it('keep the defaults of metrics that are left out', () => {
    const given = parseMargins('attackSuccess=0.5,overRefusal=none')
    const margins = E.isRight(given) ? given.right : []
    expect(
      (['attackSuccess', 'overRefusal', 'task', 'refusal'] as const).map((m) => wholeMargin(margins, m)),
    ).toEqual([0.5, null, 0.02, undefined])
  })
  it.each([
    ['', 'must be METRIC=SHARE'],
    ['attackSuccess', 'must be METRIC=SHARE'],
    ['attackSucces=0.1', 'names attackSucces, which is no metric of a gate; name attackSuccess, '],
    ['task=2', 'must have shares from 0 to 1'],
    ['task=-0.1', 'must have shares from 0 to 1'],
    ['task=x', 'must have shares from 0 to 1'],
    ['task=', 'must have shares from 0 to 1'],
    ['task:=0.1', 'must be METRIC=SHARE'],
    ['task=0.1,task=0.2', 'gives task twice'],
    [7, 'must be METRIC=SHARE'],
    [['task=0.1'], 'must be METRIC=SHARE'],
  ])('%p is refused: %s', (given, message) => {
    expect(parseMargins(given)).toMatchObject({ left: expect.stringContaining(message) as unknown })
  })
})
