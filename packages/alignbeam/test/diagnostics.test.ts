import { addAnswers, mixingDiagnostics, noMixing } from '../src/diagnostics'
import type { Answer } from '../src/mixing/answer'

const beam = (length: number, verdict: number | null = null) => ({
  completion: { tokens: new Array<number>(length).fill(1), text: '', finishReason: 'stop' as const },
  verdict,
})
const answer = (more: Partial<Answer>): Answer => ({
  completion: beam(0).completion,
  chosen: 0,
  beams: [beam(8)],
  telemetry: { steps: 4, mappedMass: 0.5, support: 10, fallbacks: 1, agreement: 0.25 },
  refuses: false,
  draftRefuses: false,
  ...more,
})

describe('diagnostics of mixing', () => {
  it('weigh means by the steps of each prompt', () => {
    const sum = addAnswers(
      noMixing,
      [
        answer({}),
        answer({ telemetry: { steps: 12, mappedMass: 0.9, support: 2, fallbacks: 0, agreement: 0.75 } }),
      ],
      false,
    )
    expect(mixingDiagnostics(sum)).toEqual({
      prompts: 2,
      steps: 16,
      mappedMass: 0.8,
      support: 4,
      agreement: 0.625,
      fallbacks: 1,
      extraForwardPasses: 16,
    })
  })

  it("count the anchor's passes, and the draft's for beams that are not returned", () => {
    // 4 mixed steps of the anchor; the draft wrote 8 + 6 + 5 tokens, the first of all three in one pass, and 6 are returned
    const three = answer({ chosen: 1, beams: [beam(8, 4), beam(6, 1), beam(5)] })
    expect(mixingDiagnostics(addAnswers(noMixing, [three], true))).toMatchObject({
      extraForwardPasses: 4 + (8 + 6 + 5 - 2) - 6,
      judgedBeams: 3,
      nullVerdicts: 1,
    })
  })

  it('count refusals that took the place of all beams, and know no means of no step', () => {
    const refused = answer({ chosen: null, telemetry: { ...answer({}).telemetry, steps: 0 } })
    expect(mixingDiagnostics(addAnswers(noMixing, [refused], true))).toMatchObject({
      refusals: 1,
      mappedMass: null,
    })
  })

  it('add up batch by batch', () => {
    const answers = [answer({}), answer({ beams: [beam(3), beam(2)] }), answer({})]
    const atOnce = addAnswers(noMixing, answers, true)
    const inTurn = answers.reduce((sum, one) => addAnswers(sum, [one], true), noMixing)
    expect(inTurn).toEqual(atOnce)
  })
})
