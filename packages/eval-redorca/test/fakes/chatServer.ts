/** An OpenAI-compatible server on this machine that answers as a test says. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ChatServer {
  /** `URL#MODEL` */
  readonly address: string
  /** The text of every question, in order. */
  readonly asked: string[]
  readonly close: () => Promise<void>
}

/** @param reply what is answered to the text of the last message; a number is a status without a reply */
export const chatServer = async (
  reply: (question: string, authorization: string | undefined) => string | number,
): Promise<ChatServer> => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { messages } = JSON.parse(Buffer.concat(parts).toString()) as {
        messages: ReadonlyArray<{ content: string }>
      }
      const question = messages.at(-1)?.content ?? ''
      asked.push(question)
      const said = reply(question, request.headers.authorization)
      response.writeHead(typeof said === 'number' ? said : 200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(
          typeof said === 'number'
            ? { error: { message: 'no' } }
            : { choices: [{ message: { content: said }, finish_reason: 'stop' }] },
        ),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1#m`,
    asked,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
