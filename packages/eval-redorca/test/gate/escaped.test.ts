import { markdownText, plainLine, xmlText } from '../../src/gate/escaped'

describe('text in the files of a gate', () => {
  it('is one line in which nothing is hidden and nothing changes the order of reading', () => {
    expect(plainLine('a\r\n\tb')).toBe('a b')
    for (const c of [
      '\u0007',
      '\u001b',
      '\u061c',
      '\u200b',
      '\u200f',
      '\u202e',
      '\u2066',
      '\ufeff',
      '\u{e0041}',
    ])
      expect(plainLine(`a${c}b`)).toBe('a\ufffdb')
  })
  it('is no markup of Markdown, and no address in it becomes a link', () => {
    expect(markdownText('|<b>[x](http://y) www.z.de a@b.de #1 &amp; $x$ ~s~')).toBe(
      '\\|\\<b\\>\\[x\\]\\(http\\://y\\) www\\.z.de a\\@b.de \\#1 \\&amp; \\$x\\$ \\~s\\~',
    )
    expect(markdownText('WWW.z.de')).toBe('WWW\\.z.de')
    expect(markdownText('3.5 %')).toBe('3.5 %')
  })
  it('is text of XML 1.0', () => {
    expect(xmlText(`<a b="c" d='e'>&\u0000\u000b\ud800\uffff</a>`)).toBe(
      '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\ufffd\ufffd\ufffd\ufffd&lt;/a&gt;',
    )
  })
})
