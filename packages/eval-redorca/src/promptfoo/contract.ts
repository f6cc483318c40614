/**
 * What promptfoo asks of an assertion that is a function, written down from its version 0.121
 * (`AssertionValueFunctionContext`, `GradingResult`): the parts that are used here. promptfoo itself is not needed to build or test
 * this package.
 */

/** What promptfoo knows of the output that an assertion is about. */
export interface AssertionContext {
  /** The prompt as it was sent: text, or a JSON array of messages. */
  readonly prompt?: string | undefined
  /** Variables of the test. */
  readonly vars?: Readonly<Record<string, unknown>> | undefined
  /** `config` of the assertion. */
  readonly config?: Readonly<Record<string, unknown>> | undefined
  readonly providerResponse?: { readonly finishReason?: string | undefined } | undefined
}

/** The result of an assertion. */
export interface GradingResult {
  readonly pass: boolean
  /** 1 where it passes, else 0. */
  readonly score: number
  readonly reason: string
}

/** An assertion. The output is text, or what promptfoo has parsed of it. */
export type Assertion = (output: unknown, context?: AssertionContext) => Promise<GradingResult>
